//! Days are written as `2027-01-31` and begin in UTC, so that they begin everywhere at once.

use std::time::{Duration, UNIX_EPOCH};

const DAY: Duration = Duration::from_hours(24);
/// When the year 10000 begins, which has one digit too many to be written.
const END: Duration = Duration::from_hours(24 * 2_932_897);

/// Why a day was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DayError {
    /// It cannot be read.
    #[error("`{0}` is no day from 1970 on; write one such as \"2027-01-31\"")]
    Unreadable(String),
    /// A time since 1970 is not the beginning of a day.
    #[error("{} seconds since 1970 are not the beginning of a day before the year 10000", .0.as_secs_f64())]
    NoBeginning(Duration),
}

/// Reads a day as the time from 1970-01-01 00:00 UTC until it begins.
pub fn parse_day(text: &str) -> Result<Duration, DayError> {
    let unreadable = || DayError::Unreadable(text.to_owned());
    let begin = humantime::parse_rfc3339(&format!("{text}T00:00:00Z")).map_err(|_| unreadable())?;
    begin.duration_since(UNIX_EPOCH).map_err(|_| unreadable())
}

/// Accepts the time from 1970-01-01 00:00 UTC until a day begins, up to the year 9999.
pub fn check_day(since_1970: Duration) -> Result<(), DayError> {
    let is_whole = since_1970.as_secs().is_multiple_of(DAY.as_secs()) && since_1970.subsec_nanos() == 0;
    if is_whole && since_1970 < END { Ok(()) } else { Err(DayError::NoBeginning(since_1970)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_days() {
        assert_eq!(parse_day("1970-01-01"), Ok(Duration::ZERO));
        assert_eq!(parse_day("2027-01-31"), Ok(20_849 * DAY));
        assert_eq!(parse_day("9999-12-31"), Ok(END.checked_sub(DAY).unwrap()));
    }

    #[test]
    fn refuses_what_is_no_day() {
        for text in
            ["", "2027-01", "31.01.2027", "2027-02-29", "1969-12-31", "2027-01-31T00:00:00Z", "2027-1-3"]
        {
            assert_eq!(parse_day(text), Err(DayError::Unreadable(text.to_owned())));
        }
    }

    #[test]
    fn days_begin_at_midnight() {
        assert_eq!(check_day(20_849 * DAY), Ok(()));
        for other in [Duration::from_secs(1), DAY + Duration::from_nanos(1), END, Duration::MAX] {
            assert_eq!(check_day(other), Err(DayError::NoBeginning(other)));
        }
    }
}
