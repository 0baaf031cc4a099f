//! Durations are written with their unit: `30s`, `15m`, `7d`, `1h 30m`.

use std::time::Duration;

/// The longest time that a monitor looks at.
const LONGEST_WINDOW: Duration = Duration::from_hours(7 * 24);

/// Why a duration was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DurationError {
    /// It cannot be read.
    #[error("`{0}` is not a duration; write one such as \"30s\", \"15m\" or \"7d\"")]
    Unreadable(String),
    /// It is zero.
    #[error("a duration must be longer than zero")]
    Zero,
    /// It is an interval with a fraction of a second.
    #[error("an interval is a whole number of seconds; `{0}` is not")]
    Fraction(String),
    /// It is a window that no monitor can look at.
    #[error("a window is whole minutes, from 1m to 7d; `{0}` is not")]
    Window(String),
}

/// Reads a duration longer than zero, such as `30s`, `15m`, `7d` or `1h 30m`.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let duration = humantime::parse_duration(text).map_err(|_| DurationError::Unreadable(text.to_owned()))?;
    if duration.is_zero() { Err(DurationError::Zero) } else { Ok(duration) }
}

/// Accepts the interval of a count or a rate, which Datadog takes in whole seconds.
/// See `interval` in <https://docs.datadoghq.com/api/latest/metrics/#submit-metrics>.
pub fn check_interval(interval: Duration) -> Result<(), DurationError> {
    if interval.is_zero() {
        Err(DurationError::Zero)
    } else if interval.subsec_nanos() > 0 {
        Err(DurationError::Fraction(humantime::format_duration(interval).to_string()))
    } else {
        Ok(())
    }
}

/// Accepts the time that a monitor looks at, which Datadog takes in whole minutes, up to a week.
/// See <https://docs.datadoghq.com/api/latest/monitors/#create-a-monitor>.
pub fn check_window(window: Duration) -> Result<(), DurationError> {
    let is_whole = window.as_secs().is_multiple_of(60) && window.subsec_nanos() == 0;
    if is_whole && !window.is_zero() && window <= LONGEST_WINDOW {
        Ok(())
    } else {
        Err(DurationError::Window(humantime::format_duration(window).to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_durations_with_units() {
        assert_eq!(parse_duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(parse_duration("1h 30m"), Ok(Duration::from_mins(90)));
        assert_eq!(parse_duration("7d"), Ok(Duration::from_hours(7 * 24)));
        assert_eq!(parse_duration("250ms"), Ok(Duration::from_millis(250)));
    }

    #[test]
    fn refuses_what_is_no_duration() {
        for text in ["", "30", "soon", "-5s", "15 parsecs", "99999999999999999999d"] {
            assert_eq!(parse_duration(text), Err(DurationError::Unreadable(text.to_owned())));
        }
        assert_eq!(parse_duration("0s"), Err(DurationError::Zero));
    }

    #[test]
    fn intervals_are_whole_seconds() {
        assert_eq!(check_interval(Duration::from_mins(15)), Ok(()));
        assert_eq!(check_interval(Duration::ZERO), Err(DurationError::Zero));
        assert_eq!(
            check_interval(Duration::from_millis(1500)),
            Err(DurationError::Fraction("1s 500ms".into()))
        );
    }

    #[test]
    fn windows_are_whole_minutes_up_to_a_week() {
        for text in ["1m", "90m", "1h", "7d"] {
            assert_eq!(check_window(parse_duration(text).unwrap()), Ok(()), "{text}");
        }
        for text in ["59s", "1m 30s", "1m 1ms", "7days 1m"] {
            let refused = Err(DurationError::Window(text.to_owned()));
            assert_eq!(check_window(parse_duration(text).unwrap()), refused);
        }
        assert!(check_window(Duration::ZERO).is_err());
    }
}
