//! The levels of the log.

use tracing::Level;
use tracing::level_filters::LevelFilter;

use crate::environment::Environment;

/// Lambda's own variable, set with JSON logging: Lambda drops lines below this level.
const OF_LAMBDA: &str = "AWS_LAMBDA_LOG_LEVEL";

/// Returns the level from which lines are written: that of `LOG_LEVEL`, else that of Lambda, else `INFO`.
pub(super) fn of_lines(environment: &Environment) -> LevelFilter {
    let named = ["LOG_LEVEL", OF_LAMBDA].into_iter().find_map(|name| parse(environment.get(name)?));
    named.unwrap_or(LevelFilter::INFO)
}

/// Returns the level of the metrics record, which is Lambda's: Lambda drops records below its level, and
/// takes one without a level for `INFO`.
pub fn level_of_metrics(environment: &Environment) -> &'static str {
    const LEVELS: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
    let of_lambda = environment.get(OF_LAMBDA).unwrap_or_default();
    LEVELS.into_iter().find(|level| level.eq_ignore_ascii_case(of_lambda)).unwrap_or("INFO")
}

fn parse(text: &str) -> Option<LevelFilter> {
    // Lambda's highest level, which no line of the function has.
    if text.eq_ignore_ascii_case("FATAL") {
        return Some(LevelFilter::OFF);
    }
    text.parse::<Level>().ok().map(LevelFilter::from_level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_level_comes_before_lambda_s() {
        for (log_level, of_lambda, expected) in [
            ("", "", LevelFilter::INFO),
            ("warn", "TRACE", LevelFilter::WARN),
            ("", "DEBUG", LevelFilter::DEBUG),
            ("FATAL", "TRACE", LevelFilter::OFF),
            ("", "fatal", LevelFilter::OFF),
            ("loud", "ERROR", LevelFilter::ERROR),
            ("loud", "", LevelFilter::INFO),
        ] {
            let environment = [("LOG_LEVEL", log_level), (OF_LAMBDA, of_lambda)].into_iter().collect();
            assert_eq!(of_lines(&environment), expected, "{log_level} {of_lambda}");
        }
    }
}
