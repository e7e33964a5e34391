//! Identifies a transaction, to cancel it from another session.

/// The identity of a transaction at its server. Times are in UTC and ISO format, which the settings of the
/// transaction ensure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Transaction {
    pid: i32,
    start: String,
    backend_start: String,
}

impl Transaction {
    /// Reads the row that the transaction's first SELECT returned.
    pub(super) fn read(row: Vec<Option<String>>) -> Option<Self> {
        let mut fields = row.into_iter();
        let mut field = || fields.next().flatten();
        let pid = field()?.parse().ok()?;
        let mut time = || field().filter(|text| text.bytes().all(|byte| b"0123456789-+:. ".contains(&byte)));
        Some(Self { pid, start: time()?, backend_start: time()? })
    }

    /// Returns the statement that cancels this transaction and no other, even if the pid was reused.
    pub(super) fn cancel(&self) -> String {
        let Self { pid, start, backend_start } = self;
        format!(
            "SELECT pg_catalog.pg_cancel_backend(pid) FROM pg_catalog.pg_stat_get_activity({pid}) \
             WHERE backend_start = '{backend_start}'::timestamptz AND xact_start = '{start}'::timestamptz"
        )
    }
}
