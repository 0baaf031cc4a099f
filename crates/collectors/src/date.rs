//! Times in messages.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// 9999-12-31T23:59:59Z, the last second of a year with four digits.
const LAST_SECOND: Duration = Duration::from_secs(253_402_300_799);

/// A time in RFC 3339. Git and file systems allow dates for which humantime panics. Such a date is shown as the nearest one
/// that humantime supports.
pub(crate) fn format_date(time: SystemTime) -> impl fmt::Display {
    humantime::format_rfc3339_seconds(time.clamp(UNIX_EPOCH, UNIX_EPOCH + LAST_SECOND))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_can_be_formatted() {
        for (time, expected) in [
            (UNIX_EPOCH - Duration::from_secs(1), "1970-01-01T00:00:00Z"),
            (UNIX_EPOCH + Duration::from_secs(1), "1970-01-01T00:00:01Z"),
            (UNIX_EPOCH + Duration::from_mins(5_000_000_000), "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(format_date(time).to_string(), expected);
        }
    }
}
