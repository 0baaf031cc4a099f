//! Conversions of times and numbers for the file.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The seconds of a day.
pub(crate) const DAY: i64 = 24 * 60 * 60;

/// A time that is further in the future than this, in seconds, comes from a wrong clock.
pub(crate) const FAR_AHEAD: i64 = DAY;

/// Whole seconds since 1970. Times before that cannot occur.
pub(crate) fn seconds(time: SystemTime) -> i64 {
    saturating_i64(time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs())
}

/// The inverse of [`seconds`].
pub(crate) fn time(seconds: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds.try_into().unwrap_or_default())
}

/// Whole milliseconds since 1970.
pub(crate) fn milliseconds(time: SystemTime) -> i64 {
    saturating_i64(time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis())
}

/// The inverse of [`milliseconds`].
pub(crate) fn time_of_milliseconds(milliseconds: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(milliseconds.try_into().unwrap_or_default())
}

/// A number as SQLite stores it. `i64::MAX` if it is larger than that.
pub(crate) fn saturating_i64(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}
