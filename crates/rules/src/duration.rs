//! Durations are written with their units: `30s`, `15m`, `7d`, `1h 30m`.

use std::time::Duration;

/// The maximum evaluation window of a monitor.
const MAX_WINDOW: Duration = Duration::from_hours(7 * 24);

/// The minimum time between two runs of a service. A run has its own cost, such as connections and a transaction of the state.
const MIN_EVERY: Duration = Duration::from_secs(10);

/// Why a duration was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DurationError {
    /// It cannot be parsed.
    #[error("`{0}` is not a duration; write a duration such as \"30s\", \"15m\" or \"7d\"")]
    Unreadable(String),
    /// It is zero.
    #[error("a duration must be longer than zero")]
    Zero,
    /// It is an interval with a fraction of a second.
    #[error("an interval must be a whole number of seconds; `{0}` is not")]
    Fraction(String),
    /// It is not a possible window of a monitor.
    #[error("a window must be whole minutes, from 1m to 7d; `{0}` is not")]
    Window(String),
    /// It is not a possible time between two runs.
    #[error("the time between two runs must be whole seconds, at least 10s; `{0}` is not")]
    Every(String),
}

/// Parses a duration longer than zero, such as `30s`, `15m`, `7d` or `1h 30m`.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let duration = humantime::parse_duration(text).map_err(|_| DurationError::Unreadable(text.to_owned()))?;
    if duration.is_zero() { Err(DurationError::Zero) } else { Ok(duration) }
}

/// Parses the interval of a count or a rate: whole seconds, as Datadog requires.
/// See `interval` in <https://docs.datadoghq.com/api/latest/metrics/#submit-metrics>.
pub fn parse_interval(text: &str) -> Result<Duration, DurationError> {
    let interval = parse_duration(text)?;
    if interval.subsec_nanos() == 0 { Ok(interval) } else { Err(DurationError::Fraction(text.to_owned())) }
}

/// Parses the time between two runs of a service: whole seconds, at least 10 seconds.
pub fn parse_every(text: &str) -> Result<Duration, DurationError> {
    let every = parse_duration(text)?;
    let is_possible = every.subsec_nanos() == 0 && every >= MIN_EVERY;
    if is_possible { Ok(every) } else { Err(DurationError::Every(text.to_owned())) }
}

/// Parses the evaluation window of a monitor: whole minutes up to a week, as Datadog requires.
/// See <https://docs.datadoghq.com/api/latest/monitors/#create-a-monitor>.
pub fn parse_window(text: &str) -> Result<Duration, DurationError> {
    let window = parse_duration(text)?;
    let is_whole = window.as_secs().is_multiple_of(60) && window.subsec_nanos() == 0;
    if is_whole && window <= MAX_WINDOW { Ok(window) } else { Err(DurationError::Window(text.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(parse_duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(parse_duration("1h 30m"), Ok(Duration::from_mins(90)));
        assert_eq!(parse_duration("7d"), Ok(Duration::from_hours(7 * 24)));
        assert_eq!(parse_duration("250ms"), Ok(Duration::from_millis(250)));
    }

    #[test]
    fn text_that_is_not_a_duration_is_refused() {
        for text in ["", "30", "soon", "-5s", "15 parsecs", "99999999999999999999d"] {
            assert_eq!(parse_duration(text), Err(DurationError::Unreadable(text.to_owned())));
        }
        assert_eq!(parse_duration("0s"), Err(DurationError::Zero));
    }

    #[test]
    fn intervals_are_whole_seconds() {
        assert_eq!(parse_interval("15m"), Ok(Duration::from_mins(15)));
        assert_eq!(parse_interval("0s"), Err(DurationError::Zero));
        assert_eq!(parse_interval("1s 500ms"), Err(DurationError::Fraction("1s 500ms".into())));
    }

    #[test]
    fn runs_are_whole_seconds_apart_and_at_least_ten_seconds() {
        assert_eq!(parse_every("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(parse_every("30d"), Ok(Duration::from_hours(30 * 24)));
        for text in ["9s", "1ms", "10s 500ms"] {
            assert_eq!(parse_every(text), Err(DurationError::Every(text.to_owned())));
        }
        assert_eq!(parse_every("0s"), Err(DurationError::Zero));
    }

    #[test]
    fn windows_are_whole_minutes_up_to_a_week() {
        for text in ["1m", "90m", "1h", "7d"] {
            assert_eq!(parse_window(text), parse_duration(text), "{text}");
        }
        for text in ["59s", "1m 30s", "1m 1ms", "7days 1m"] {
            assert_eq!(parse_window(text), Err(DurationError::Window(text.to_owned())));
        }
        assert_eq!(parse_window("0s"), Err(DurationError::Zero));
    }
}
