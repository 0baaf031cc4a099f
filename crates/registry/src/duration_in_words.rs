//! Durations in words, for alerts and errors.

use std::time::Duration;

const UNITS: [(&str, u128); 7] = [
    ("day", 86_400_000_000_000),
    ("hour", 3_600_000_000_000),
    ("minute", 60_000_000_000),
    ("second", 1_000_000_000),
    ("millisecond", 1_000_000),
    ("microsecond", 1_000),
    ("nanosecond", 1),
];

/// A duration in words, such as `7 days 12 hours` or `53 minutes`.
#[must_use]
pub fn duration_in_words(duration: Duration) -> String {
    let mut left = duration.as_nanos();
    let mut parts = Vec::new();
    for (unit, length) in UNITS {
        let count = left / length;
        left %= length;
        match count {
            0 => {}
            1 => parts.push(format!("1 {unit}")),
            _ => parts.push(format!("{count} {unit}s")),
        }
    }
    if parts.is_empty() { "0 seconds".to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_words_for_their_units() {
        for (minutes, words) in [
            (0, "0 seconds"),
            (1, "1 minute"),
            (53, "53 minutes"),
            (60, "1 hour"),
            (25 * 60, "1 day 1 hour"),
            (5040, "3 days 12 hours"),
            (7 * 24 * 60 + 61, "7 days 1 hour 1 minute"),
        ] {
            assert_eq!(duration_in_words(Duration::from_mins(minutes)), words);
        }
        assert_eq!(duration_in_words(Duration::from_millis(90_500)), "1 minute 30 seconds 500 milliseconds");
    }
}
