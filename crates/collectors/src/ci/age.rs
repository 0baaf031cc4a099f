//! Ages in messages that compare them with a limit.

use std::time::Duration;

const UNITS: [(&str, u64); 4] = [("day", 24 * 60 * 60), ("hour", 60 * 60), ("minute", 60), ("second", 1)];

/// A duration in its two largest units, such as `14 days 1 hour`. Fractions of a second are rounded up, so that an age
/// just above a limit is not shown as the limit.
pub(super) fn format_age(duration: Duration) -> String {
    let mut rest = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    let mut parts = Vec::new();
    for (unit, length) in UNITS {
        match rest / length {
            0 => {}
            1 => parts.push(format!("1 {unit}")),
            count => parts.push(format!("{count} {unit}s")),
        }
        rest %= length;
    }
    parts.truncate(2);
    if parts.is_empty() { "0 seconds".to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_above_a_limit_is_not_shown_as_the_limit() {
        let fortnight = 14 * 24 * 60 * 60;
        for (seconds, text) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (107 * 60, "1 hour 47 minutes"),
            (fortnight, "14 days"),
            (fortnight + 1, "14 days 1 second"),
            (fortnight + 3600 + 59, "14 days 1 hour"),
            (731 * 24 * 60 * 60, "731 days"),
        ] {
            assert_eq!(format_age(Duration::from_secs(seconds)), text);
        }
        assert_eq!(format_age(Duration::from_millis(1)), "1 second");
    }
}
