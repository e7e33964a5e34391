//! The settings of a session, which are local to its transaction, so that a pooled connection is left
//! unchanged.

use std::fmt::Write as _;
use std::time::Duration;

/// A setting that affects the text of results.
struct OfResult {
    name: &'static str,
    value: &'static str,
    /// Whether the server reports changes of it.
    reported: bool,
    /// Whether it is set only for a lossless file. The Java driver leaves it to the role.
    lossless: bool,
}

/// The settings that affect the text of results. Others are left to the database: `lc_monetary` determines
/// how many digits of a stored amount are decimals, and `search_path` which objects a query means.
#[rustfmt::skip]
const OF_RESULT: [OfResult; 6] = [
    OfResult { name: "TimeZone",           value: "UTC",      reported: true,  lossless: false },
    OfResult { name: "DateStyle",          value: "ISO, MDY", reported: true,  lossless: false },
    OfResult { name: "client_encoding",    value: "UTF8",     reported: true,  lossless: false },
    OfResult { name: "extra_float_digits", value: "3",        reported: false, lossless: false },
    OfResult { name: "bytea_output",       value: "hex",      reported: false, lossless: false },
    OfResult { name: "IntervalStyle",      value: "postgres", reported: true,  lossless: true },
];

/// The settings of sessions that share a snapshot. A lock that is not granted soon must fail, since a reader
/// that holds it and the readers that wait for it would block each other; several processes of the server
/// must not read the same range; and a session is idle while it waits for the others to join.
const SHARING: [(&str, &str); 4] = [
    ("lock_timeout", "5s"),
    ("max_parallel_workers_per_gather", "0"),
    ("idle_in_transaction_session_timeout", "0"),
    ("enable_tidscan", "on"),
];

/// The snapshot that a transaction reads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Snapshot {
    /// Its own, which no other session shares.
    #[default]
    Own,
    /// A new one for each statement: the transaction only holds locks until the other sessions have theirs.
    Guard,
    /// One that other sessions will import.
    Shared,
    /// The one that another session exported under this id.
    Imported(String),
}

/// The settings of a session.
#[derive(Debug, Clone)]
pub struct SessionSettings {
    /// Whether changes are allowed and committed; otherwise the transaction is READ ONLY.
    pub writable: bool,
    /// Whether the text must represent each value without loss, as in the output of `pg_dump` and in JSON
    /// lines, or be that of the Java driver.
    pub lossless: bool,
    /// The time after which the server cancels the statement; a lower limit of the server stays in effect.
    pub statement_timeout: Option<Duration>,
    /// The snapshot of the transaction. One that is shared is READ ONLY.
    pub snapshot: Snapshot,
    /// A table, quoted, that is locked before the snapshot is taken, with everything that inherits from it.
    pub lock: Option<String>,
}

impl SessionSettings {
    /// Returns the statements that begin the transaction and apply the settings, for one message.
    ///
    /// The SELECT at the end returns how to find the transaction from another session. Settings are not
    /// applied in the startup packet, since RDS Proxy refuses `options`. `server_version` is the major
    /// version that the server, or a pooler in its place, has reported. `isolation` is used if the
    /// transaction has a snapshot of its own.
    pub(super) fn begin(&self, isolation: &str, server_version: u32) -> String {
        let isolation = match self.snapshot {
            Snapshot::Own => isolation,
            Snapshot::Guard => " ISOLATION LEVEL READ COMMITTED",
            Snapshot::Shared | Snapshot::Imported(_) => " ISOLATION LEVEL REPEATABLE READ",
        };
        let mut sql = format!("BEGIN{isolation}{}", if self.writable { "" } else { " READ ONLY" });
        // Before any statement that takes a snapshot.
        if let Snapshot::Imported(id) = &self.snapshot {
            let _ = write!(sql, "; SET TRANSACTION SNAPSHOT '{id}'");
        }
        if self.snapshot != Snapshot::Own {
            for (name, value) in SHARING {
                let _ = write!(sql, "; SET LOCAL {name} = '{value}'");
            }
            // Each range has a plan of its own.
            if server_version >= 12 {
                sql.push_str("; SET LOCAL plan_cache_mode = 'force_custom_plan'");
            }
        }
        if let Some(table) = &self.lock {
            let _ = write!(sql, "; LOCK TABLE {table} IN ACCESS SHARE MODE");
        }
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
        // The server then notices a client that was killed.
        if server_version >= 14 {
            sql.push_str(
                ", CASE WHEN pg_catalog.current_setting('client_connection_check_interval', true) IS NOT NULL \
                 THEN pg_catalog.set_config('client_connection_check_interval', '5s', true) END",
            );
        }
        sql
    }

    /// Returns a setting whose reported value is no longer the one that [`begin`](Self::begin) set.
    pub(super) fn changed<'a>(&self, reported: impl Fn(&str) -> Option<&'a str>) -> Option<&'static str> {
        // The part of DateStyle after the comma affects how dates are read, not how they are written.
        let style = |value: &'a str| value.split(',').next();
        let is_other = |setting: &OfResult| {
            reported(setting.name).is_some_and(|value| style(value) != style(setting.value))
        };
        self.of_result().find(|setting| setting.reported && is_other(setting)).map(|setting| setting.name)
    }

    fn of_result(&self) -> impl Iterator<Item = &'static OfResult> + use<> {
        let lossless = self.lossless;
        OF_RESULT.iter().filter(move |setting| lossless || !setting.lossless)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READING: SessionSettings = SessionSettings {
        writable: false,
        lossless: false,
        statement_timeout: None,
        snapshot: Snapshot::Own,
        lock: None,
    };

    #[test]
    fn nothing_is_set_for_longer_than_the_transaction() {
        let settings = SessionSettings {
            writable: true,
            lossless: true,
            statement_timeout: Some(Duration::from_millis(1500)),
            snapshot: Snapshot::Own,
            lock: None,
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
    fn an_older_server_gets_only_settings_that_it_has() {
        let sql = READING.begin(" ISOLATION LEVEL REPEATABLE READ", 13);
        assert!(sql.starts_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL "), "{sql}");
        assert!(!sql.contains("check_interval") && !sql.contains("set_config"), "{sql}");
        assert!(!sql.contains("IntervalStyle"), "{sql}");
    }

    #[test]
    fn a_snapshot_is_imported_before_anything_takes_another() {
        let of =
            |snapshot| SessionSettings { snapshot, ..READING }.begin(" ISOLATION LEVEL SERIALIZABLE", 15);
        let joined = of(Snapshot::Imported("00000004-1".to_owned()));
        assert!(
            joined.starts_with(
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT '00000004-1'; \
                 SET LOCAL lock_timeout = '5s'; SET LOCAL max_parallel_workers_per_gather = '0'; SET LOCAL "
            ),
            "{joined}"
        );
        assert!(
            of(Snapshot::Shared)
                .starts_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL lock")
        );
        assert!(
            of(Snapshot::Guard).starts_with("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; SET LOCAL lock")
        );
        assert!(!of(Snapshot::Own).contains("lock_timeout"));
    }

    #[test]
    fn a_changed_setting_is_named() {
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
