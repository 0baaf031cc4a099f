//! Times and intervals in whole seconds, as Datadog's models have them.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970.
pub(crate) fn seconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => saturating_i64(since.as_secs()),
        Err(before) => -saturating_i64(before.duration().as_secs()),
    }
}

/// A number of seconds in the integer type of Datadog's models.
pub(crate) fn saturating_i64(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}
