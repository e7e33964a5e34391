//! Numbers in flags.

/// Parses the seconds of a time limit.
pub(crate) fn seconds(text: &str) -> Result<u64, String> {
    text.parse().ok().filter(|seconds| *seconds > 0).ok_or_else(|| "must be a whole number from 1".to_owned())
}

/// Parses a whole number, which the event's checks judge.
pub(super) fn whole(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| "must be a whole number".to_owned())
}

/// Parses a compression level.
pub(super) fn level(text: &str) -> Result<i32, String> {
    text.parse().map_err(|_| "must be a whole number".to_owned())
}
