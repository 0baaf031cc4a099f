//! Days are written as `2027-01-31`. A day starts at 00:00 UTC, so it starts at the same time everywhere.

use std::time::{Duration, UNIX_EPOCH};

const DAY: Duration = Duration::from_hours(24);
/// The start of the year 10000, as the time since 1970. Formats of times have four digits for the year.
pub const YEAR_10000: Duration = Duration::from_hours(24 * 2_932_897);

/// Why a day was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a day since 1970; write a day such as \"2027-01-31\"")]
pub struct DayError(String);

/// Parses a day, as the time from 1970-01-01 00:00 UTC until the day starts.
pub fn parse_day(text: &str) -> Result<Duration, DayError> {
    let unreadable = || DayError(text.to_owned());
    let start = humantime::parse_rfc3339(&format!("{text}T00:00:00Z")).map_err(|_| unreadable())?;
    start.duration_since(UNIX_EPOCH).map_err(|_| unreadable())
}

/// The day that starts at a time since 1970. A time that is not the start of a day, or is after the year 9999, is written so
/// that [`parse_day`] refuses it.
pub(crate) fn format_day(since_1970: Duration) -> String {
    let is_start = since_1970.as_secs().is_multiple_of(DAY.as_secs()) && since_1970.subsec_nanos() == 0;
    if !is_start || since_1970 >= YEAR_10000 {
        return format!("{} seconds after the start of 1970", since_1970.as_secs_f64());
    }
    let mut day = humantime::format_rfc3339_seconds(UNIX_EPOCH + since_1970).to_string();
    day.truncate("2027-01-31".len());
    day
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_parsed_and_formatted() {
        let last = YEAR_10000.checked_sub(DAY).unwrap();
        for (text, since_1970) in
            [("1970-01-01", Duration::ZERO), ("2027-01-31", 20_849 * DAY), ("9999-12-31", last)]
        {
            assert_eq!(parse_day(text), Ok(since_1970));
            assert_eq!(format_day(since_1970), text);
        }
    }

    #[test]
    fn text_that_is_not_a_day_is_refused() {
        for text in
            ["", "2027-01", "31.01.2027", "2027-02-29", "1969-12-31", "2027-01-31T00:00:00Z", "2027-1-3"]
        {
            assert_eq!(parse_day(text), Err(DayError(text.to_owned())));
        }
    }

    #[test]
    fn a_time_that_cannot_be_written_as_a_day_is_refused() {
        for other in [Duration::from_secs(1), DAY + Duration::from_nanos(1), YEAR_10000, Duration::MAX] {
            assert!(parse_day(&format_day(other)).is_err(), "{other:?}");
        }
        assert_eq!(format_day(Duration::from_secs(30)), "30 seconds after the start of 1970");
    }
}
