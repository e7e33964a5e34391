//! Reads the runs of this account's functions from their metrics.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use aws_config::SdkConfig;
use chrono::DateTime;
use extractor_overview::{Day, Failure, Function, Source};

use super::asking::{failure, region_of};
use super::calls::Calls;
use super::inventory::refused;
use crate::aws::{AwsFailure, Metric, Window, list_metrics, series};

const NAMESPACE: &str = "RdsDataExtractor";
const HOUR: u32 = 3_600;
const DAYS: usize = 30;
const HOURS: usize = 24;
/// The maximum number of functions that are shown.
const MOST: usize = 100;

/// The metrics of each function besides its outcomes.
const FIGURES: [(&str, &str); 3] = [("Rows", "Sum"), ("Bytes", "Sum"), ("Duration", "Maximum")];

/// Returns all functions that wrote metrics in the last two weeks, in the function's own region.
pub(super) async fn collect(
    aws: &SdkConfig,
    now: SystemTime,
    calls: &Calls,
) -> Result<Vec<Function>, Failure> {
    let refuse = |permission: &str, refusal: &AwsFailure| {
        let what = "The functions' metrics could not be read";
        failure(Source::Functions, &refused(refusal, what, permission, "monitoring"))
    };
    let (listed, count) = list_metrics(aws, NAMESPACE, "Runs")
        .await
        .map_err(|refusal| refuse("cloudwatch:ListMetrics", &refusal))?;
    calls.add("cloudwatch:ListMetrics", count);
    let outcomes = outcomes(listed);
    let mut metrics = Vec::new();
    for (function, outcomes) in &outcomes {
        let function = ("FunctionName", function.clone());
        for outcome in outcomes {
            let dimensions = vec![function.clone(), ("outcome", outcome.clone())];
            metrics.push(Metric { namespace: NAMESPACE, name: "Runs", statistic: "Sum", dimensions });
        }
        for (name, statistic) in FIGURES {
            metrics.push(Metric {
                namespace: NAMESPACE,
                name,
                statistic,
                dimensions: vec![function.clone()],
            });
        }
    }
    // Whole days including the current one, by the hour, so that the last success is known to the hour.
    let days = Window::until(now, 24 * HOUR, DAYS as u32);
    let window = Window { start: days.start, period: HOUR, periods: (DAYS * HOURS) as u32 };
    let (figures, count) = series(aws, &metrics, window)
        .await
        .map_err(|refusal| refuse("cloudwatch:GetMetricData", &refusal))?;
    calls.add("cloudwatch:GetMetricData", count);
    calls.add("metrics", metrics.len() as u32);
    let hour_now =
        now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |past| past.as_secs()) / u64::from(HOUR);
    let last_hour = (hour_now - window.start / u64::from(HOUR)) as usize;
    let mut figures = figures.into_iter();
    let region = Some(region_of(aws)).filter(|region| !region.is_empty());
    Ok(outcomes
        .into_iter()
        .map(|(name, outcomes)| {
            let runs: Vec<(String, Vec<Option<f64>>)> = outcomes.into_iter().zip(&mut figures).collect();
            let of: Vec<Vec<Option<f64>>> = figures.by_ref().take(FIGURES.len()).collect();
            function(name, region.clone(), &runs, &of, window, last_hour)
        })
        .collect())
}

/// Returns the outcomes of each function.
fn outcomes(listed: Vec<Vec<(String, String)>>) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for dimensions in listed {
        let value =
            |wanted: &str| dimensions.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
        if let Some((function, outcome)) = value("FunctionName").zip(value("outcome"))
            && (found.len() < MOST || found.contains_key(&function))
        {
            found.entry(function).or_default().insert(outcome);
        }
    }
    found
}

fn function(
    name: String,
    region: Option<String>,
    runs: &[(String, Vec<Option<f64>>)],
    figures: &[Vec<Option<f64>>],
    window: Window,
    last_hour: usize,
) -> Function {
    let mut days = vec![Day::default(); DAYS];
    let mut failures = BTreeMap::new();
    let (mut last_success, mut failures_of_a_day) = (None, 0);
    for (outcome, hours) in runs {
        let succeeded = outcome == "Success";
        for (hour, count) in hours.iter().enumerate() {
            let Some(count) = count.map(|count| count.round() as u32).filter(|count| *count > 0) else {
                continue;
            };
            let Some(day) = days.get_mut(hour / HOURS) else { continue };
            if succeeded {
                day.runs += count;
                last_success = last_success.max(Some(hour));
            } else {
                day.failures += count;
                *failures.entry(outcome.clone()).or_default() += count;
                if hour + HOURS > last_hour {
                    failures_of_a_day += count;
                }
            }
        }
    }
    let by_day = |index: usize, together: fn(f64, f64) -> f64| {
        let hours = figures.get(index).map(Vec::as_slice).unwrap_or_default();
        hours.chunks(HOURS).map(move |day| day.iter().flatten().copied().reduce(together)).collect::<Vec<_>>()
    };
    for (day, rows) in days.iter_mut().zip(by_day(0, |a, b| a + b)) {
        day.rows = rows.map(|rows| rows as u64);
    }
    for (day, bytes) in days.iter_mut().zip(by_day(1, |a, b| a + b)) {
        day.bytes = bytes.unwrap_or(0.0) as u64;
    }
    for (day, longest) in days.iter_mut().zip(by_day(2, f64::max)) {
        day.milliseconds = longest.map(|longest| longest as u64);
    }
    let end_of = |hour: usize| window.start + (hour as u64) * u64::from(HOUR);
    Function {
        name,
        region,
        last_success: last_success.and_then(|hour| DateTime::from_timestamp(end_of(hour) as i64, 0)),
        failures_of_a_day,
        failures,
        days,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(set: &[(usize, f64)]) -> Vec<Option<f64>> {
        let mut hours = vec![None; DAYS * HOURS];
        for (hour, value) in set {
            hours[*hour] = Some(*value);
        }
        hours
    }

    #[test]
    fn hours_become_days() {
        let window = Window { start: 1_000 * 86_400, period: HOUR, periods: 720 };
        let last_hour = 29 * HOURS + 6;
        let runs = [
            ("Success".to_owned(), hours(&[(1, 2.0), (20, 1.0), (28 * HOURS, 1.0)])),
            ("QueryTimeout".to_owned(), hours(&[(2, 1.0), (29 * HOURS + 5, 3.0)])),
        ];
        let figures = [hours(&[(1, 10.0), (20, 5.0)]), hours(&[(1, 100.0)]), hours(&[(1, 30.0), (20, 90.0)])];
        let found = function("f".to_owned(), None, &runs, &figures, window, last_hour);
        assert_eq!((found.days[0].runs, found.days[0].failures), (3, 1));
        assert_eq!(
            (found.days[0].rows, found.days[0].bytes, found.days[0].milliseconds),
            (Some(15), 100, Some(90))
        );
        assert_eq!(found.failures_of_a_day, 3);
        assert_eq!(found.failures["QueryTimeout"], 4);
        let day_28 = DateTime::from_timestamp((1_000 + 28) * 86_400, 0);
        assert_eq!(found.last_success, day_28);
    }

    #[test]
    fn runs_from_a_shell_belong_to_no_function() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let listed = vec![
            vec![pair("outcome", "Success")],
            vec![pair("FunctionName", "f")],
            vec![pair("FunctionName", "f"), pair("outcome", "Success")],
            vec![pair("outcome", "Internal"), pair("FunctionName", "f")],
        ];
        let outcomes = outcomes(listed);
        assert_eq!(outcomes.len(), 1);
        assert_eq!(outcomes["f"].iter().map(String::as_str).collect::<Vec<_>>(), ["Internal", "Success"]);
    }
}
