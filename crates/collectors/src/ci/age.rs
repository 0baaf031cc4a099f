//! Ages in messages that compare them with a limit.

use std::time::Duration;

use system_health_registry::duration_in_words;

/// An age above a limit, in words: `14 days 1 hour`. It has one unit more than the limit has in [`duration_in_words`], so that
/// the two texts differ. Fractions of a second are rounded up.
pub(super) fn format_age(age: Duration, limit: Duration) -> String {
    let age = Duration::from_secs(age.as_secs().saturating_add(u64::from(age.subsec_nanos() > 0)));
    // Each unit takes two words, such as `14 days`.
    let words = duration_in_words(limit).split(' ').count() + 2;
    duration_in_words(age).split(' ').take(words).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_above_a_limit_is_not_shown_as_the_limit() {
        let (hour, fortnight) = (60 * 60, 14 * 24 * 60 * 60);
        for (age, limit, text) in [
            (1, 0, "1 second"),
            (107 * 60, hour, "1 hour 47 minutes"),
            (fortnight + 1, fortnight, "14 days 1 second"),
            (fortnight + hour + 59, fortnight, "14 days 1 hour"),
            (fortnight + hour + 59, fortnight + hour, "14 days 1 hour 59 seconds"),
            (fortnight + hour + 59, 2 * hour + 60, "14 days 1 hour 59 seconds"),
            (731 * 24 * hour, fortnight, "731 days"),
        ] {
            assert_eq!(format_age(Duration::from_secs(age), Duration::from_secs(limit)), text);
        }
        assert_eq!(format_age(Duration::from_millis(1), Duration::ZERO), "1 second");
    }
}
