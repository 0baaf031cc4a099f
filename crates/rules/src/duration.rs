//! Durations are written with their units: `30s`, `15m`, `7d`, `1h 30m`. Months and years are refused, because their lengths
//! differ, and because `M` for months is easily confused with `m` for minutes.

use std::time::Duration;

/// The maximum evaluation window of a monitor.
const MAX_WINDOW: Duration = Duration::from_hours(7 * 24);

/// The minimum time between two runs of a service. A run has its own cost, such as connections and a transaction of the state.
const MIN_EVERY: Duration = Duration::from_secs(10);

/// The seconds of a day.
const DAY: u64 = 24 * 60 * 60;

/// The units for months and years that `humantime` accepts, except `M`.
const MONTHS_AND_YEARS: [&str; 7] = ["month", "months", "y", "yr", "yrs", "year", "years"];

/// Why a duration was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DurationError {
    /// It cannot be parsed.
    #[error("`{0}` is not a duration; write a duration such as \"30s\", \"15m\" or \"7d\"")]
    Unreadable(String),
    /// It has the unit `M`, which may stand for minutes or months.
    #[error("`{0}` has the unit `M`; for minutes, write `{minutes}`", minutes = .0.replace('M', "m"))]
    UpperCaseMinutes(String),
    /// It has months or years, whose lengths differ.
    #[error("`{0}` has months or years, whose lengths differ; write days, such as \"30d\" or \"365d\"")]
    MonthsOrYears(String),
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

/// Parses a duration longer than zero, such as `30s`, `15m`, `7d` or `1h 30m`. The longest unit is a week.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let duration = humantime::parse_duration(text).map_err(|_| DurationError::Unreadable(text.to_owned()))?;
    let has_unit =
        |refused: &[&str]| text.split(|c: char| !c.is_alphabetic()).any(|unit| refused.contains(&unit));
    if has_unit(&MONTHS_AND_YEARS) {
        return Err(DurationError::MonthsOrYears(text.to_owned()));
    }
    if has_unit(&["M"]) {
        return Err(DurationError::UpperCaseMinutes(text.to_owned()));
    }
    if duration.is_zero() { Err(DurationError::Zero) } else { Ok(duration) }
}

/// A duration as [`parse_duration`] reads it: `15m`, `1h 30m`, `90days`.
#[must_use]
pub fn format_duration(duration: Duration) -> String {
    // `humantime` would write 90 days with months.
    let days = duration.as_secs() / DAY;
    let rest = Duration::new(duration.as_secs() % DAY, duration.subsec_nanos());
    if days == 0 {
        return humantime::format_duration(rest).to_string();
    }
    let days = if days == 1 { "1day".to_owned() } else { format!("{days}days") };
    if rest.is_zero() { days } else { format!("{days} {}", humantime::format_duration(rest)) }
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
    fn months_and_years_are_refused() {
        let refusal = |text: &str| parse_duration(text).unwrap_err().to_string();

        for (text, minutes) in [("5M", "5m"), ("1h 5 M", "1h 5 m"), ("1h0M", "1h0m")] {
            assert_eq!(refusal(text), format!("`{text}` has the unit `M`; for minutes, write `{minutes}`"));
        }
        for text in ["1month", "2 months", "1y", "1yr", "2yrs", "1year", "2years", "1d 0y", "1y 5M"] {
            assert_eq!(
                refusal(text),
                format!(
                    "`{text}` has months or years, whose lengths differ; write days, such as \"30d\" or \"365d\""
                )
            );
        }
        for parse in [parse_interval, parse_every, parse_window] {
            assert_eq!(parse("5M"), Err(DurationError::UpperCaseMinutes("5M".into())));
        }
        for text in ["2ms", "2min", "2mins", "2minutes", "2days", "2w", "2weeks"] {
            assert!(parse_duration(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_formatted_duration_is_read_as_the_same_duration() {
        for (seconds, formatted) in [
            (90 * 60, "1h 30m"),
            (DAY, "1day"),
            (DAY + 1, "1day 1s"),
            (7 * DAY, "7days"),
            (90 * DAY + 60, "90days 1m"),
            (3650 * DAY, "3650days"),
        ] {
            let duration = Duration::from_secs(seconds);
            assert_eq!(format_duration(duration), formatted);
            assert_eq!(parse_duration(formatted), Ok(duration));
        }
        assert_eq!(format_duration(Duration::from_millis(1_500)), "1s 500ms");
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
