//! What a session sets: all of it in its transaction, so that a pooled connection is left as it was found.

use std::fmt::Write as _;
use std::time::Duration;

/// A setting on which the text of results depends.
struct OfResult {
    name: &'static str,
    value: &'static str,
    /// Whether the server reports its changes.
    reported: bool,
    /// Whether it is set for a lossless file only. The Java driver leaves it to the role.
    lossless: bool,
}

/// All of them. What else text depends on is the database's: `lc_monetary` says how many digits of a stored amount
/// stand after the point, and `search_path` which names a query means.
#[rustfmt::skip]
const OF_RESULT: [OfResult; 6] = [
    OfResult { name: "TimeZone",           value: "UTC",      reported: true,  lossless: false },
    OfResult { name: "DateStyle",          value: "ISO, MDY", reported: true,  lossless: false },
    OfResult { name: "client_encoding",    value: "UTF8",     reported: true,  lossless: false },
    OfResult { name: "extra_float_digits", value: "3",        reported: false, lossless: false },
    OfResult { name: "bytea_output",       value: "hex",      reported: false, lossless: false },
    OfResult { name: "IntervalStyle",      value: "postgres", reported: true,  lossless: true },
];

/// What a session may do, how long, and what its result is for.
#[derive(Debug, Clone, Copy)]
pub struct SessionSettings {
    /// Changes are allowed, and are committed; otherwise the transaction is READ ONLY.
    pub writable: bool,
    /// Whether the text must say all that the value does, as `pg_dump` writes, or what Java's says.
    pub lossless: bool,
    /// After which time the server cancels the statement by itself; the server's own limit stays if it is lower.
    pub statement_timeout: Option<Duration>,
}

impl SessionSettings {
    /// The statements that begin the transaction and make the settings, for one message.
    ///
    /// No SELECT stands before the settings, so that SET TRANSACTION can. The last one answers how to find the
    /// transaction from another session. Settings are not made in the startup packet, since RDS Proxy refuses
    /// `options`. `server_version` is the major version as the server, or a pooler in its place, has told it.
    pub(super) fn begin(self, isolation: &str, server_version: u32) -> String {
        let mut sql = format!("BEGIN{isolation}{}", if self.writable { "" } else { " READ ONLY" });
        for OfResult { name, value, .. } in self.of_result() {
            let _ = write!(sql, "; SET LOCAL {name} = '{value}'");
        }
        sql.push_str(
            "; SELECT pg_catalog.pg_backend_pid(), pg_catalog.now(), \
             (SELECT backend_start FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()))",
        );
        if let Some(limit) = self.statement_timeout {
            let limit = limit.as_millis().clamp(1, i32::MAX as u128);
            let _ = write!(
                sql,
                ", CASE WHEN pg_catalog.current_setting('statement_timeout')::interval \
                 NOT BETWEEN '1 ms' AND '{limit} ms' \
                 THEN pg_catalog.set_config('statement_timeout', '{limit}', true) END"
            );
        }
        // Lets the server notice a client that was killed.
        if server_version >= 14 {
            sql.push_str(
                ", CASE WHEN pg_catalog.current_setting('client_connection_check_interval', true) IS NOT NULL \
                 THEN pg_catalog.set_config('client_connection_check_interval', '5s', true) END",
            );
        }
        sql
    }

    /// The setting that is no longer as [`begin`](Self::begin) made it, as far as the server reports it.
    pub(super) fn changed<'a>(self, reported: impl Fn(&str) -> Option<&'a str>) -> Option<&'static str> {
        // What stands after DateStyle's comma is how dates are read, not how they are written.
        let style = |value: &'a str| value.split(',').next();
        let is_other = |setting: &OfResult| {
            reported(setting.name).is_some_and(|value| style(value) != style(setting.value))
        };
        self.of_result().find(|setting| setting.reported && is_other(setting)).map(|setting| setting.name)
    }

    fn of_result(self) -> impl Iterator<Item = &'static OfResult> {
        OF_RESULT.iter().filter(move |setting| self.lossless || !setting.lossless)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READING: SessionSettings =
        SessionSettings { writable: false, lossless: false, statement_timeout: None };

    #[test]
    fn nothing_is_set_for_longer_than_the_transaction() {
        let settings = SessionSettings {
            writable: true,
            lossless: true,
            statement_timeout: Some(Duration::from_millis(1500)),
        };
        let sql = settings.begin("", 15);
        for statement in sql.split("; ") {
            assert!(
                ["BEGIN", "SET LOCAL ", "SELECT "].iter().any(|word| statement.starts_with(word)),
                "{sql}"
            );
        }
        assert_eq!(sql.matches("set_config(").count(), 2);
        assert_eq!(sql.matches(", true) END").count(), 2);
        assert!(sql.contains("'statement_timeout', '1500'") && sql.contains("IntervalStyle"), "{sql}");
    }

    #[test]
    fn an_older_server_is_asked_for_nothing_that_it_lacks() {
        let sql = READING.begin(" ISOLATION LEVEL REPEATABLE READ", 13);
        assert!(sql.starts_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL "), "{sql}");
        assert!(!sql.contains("check_interval") && !sql.contains("set_config"), "{sql}");
        assert!(!sql.contains("IntervalStyle"), "{sql}");
    }

    #[test]
    fn a_setting_that_is_not_ours_any_more_is_named() {
        let changed = |settings: SessionSettings, name, value| {
            settings.changed(|asked| (asked == name).then_some(value))
        };
        assert_eq!(changed(READING, "TimeZone", "UTC"), None);
        assert_eq!(changed(READING, "DateStyle", "ISO, DMY"), None);
        assert_eq!(changed(READING, "DateStyle", "German, MDY"), Some("DateStyle"));
        assert_eq!(changed(READING, "IntervalStyle", "iso_8601"), None);
        let lossless = SessionSettings { lossless: true, ..READING };
        assert_eq!(changed(lossless, "IntervalStyle", "iso_8601"), Some("IntervalStyle"));
    }
}
