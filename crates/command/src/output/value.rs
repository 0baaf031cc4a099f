//! How numbers and durations are shown to people, and numbers to programs.

use std::{fmt, time::Duration};

use serde::{Serialize, Serializer};
use system_health_registry::Value;

/// A value with at most six decimals, or in scientific notation if it is very small or very large.
pub(super) struct ShownValue(pub(super) f64);

/// A value for programs, in full precision. A whole number up to 2⁵³ has no decimals.
#[derive(Debug, Clone, Copy)]
pub(super) struct ExactValue(pub(super) f64);

/// A duration in one or two units that suit its length, such as `214 ms` or `2 min 5 s`. Smaller units are cut off.
pub(super) struct Elapsed(pub(super) Duration);

/// The value of a sample: a number, or a summary of many values.
pub(super) struct ShownSampleValue<'a>(pub(super) &'a Value);

impl fmt::Display for ShownSampleValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Number(number) => ShownValue(*number).fmt(f),
            Value::Distribution(distribution) => distribution.fmt(f),
        }
    }
}

impl fmt::Display for ShownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Zero has a sign that means nothing to people.
        let value = self.0 + 0.0;
        if value != 0.0 && !(1e-6..1e15).contains(&value.abs()) {
            return write!(f, "{value:e}");
        }
        let rounded = format!("{value:.6}");
        f.write_str(rounded.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl ExactValue {
    /// Up to this value, 2⁵³, a float represents each whole number.
    const MAX_WHOLE: f64 = 9_007_199_254_740_992.0;
}

impl Serialize for ExactValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(value) = *self;
        if value.fract() != 0.0 || value.abs() > Self::MAX_WHOLE {
            return serializer.serialize_f64(value);
        }
        #[expect(clippy::cast_possible_truncation, reason = "it is a whole number of at most 2⁵³")]
        serializer.serialize_i64(value as i64)
    }
}

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        match millis {
            0..1_000 => write!(f, "{millis} ms"),
            1_000..60_000 => write!(f, "{}.{} s", millis / 1_000, millis / 100 % 10),
            60_000..3_600_000 => write!(f, "{} min {} s", millis / 60_000, millis / 1_000 % 60),
            3_600_000..86_400_000 => write!(f, "{} h {} min", millis / 3_600_000, millis / 60_000 % 60),
            _ => write!(f, "{} d {} h", millis / 86_400_000, millis / 3_600_000 % 24),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_at_most_six_decimals() {
        let shown = |value| ShownValue(value).to_string();
        assert_eq!(shown(7.0), "7");
        assert_eq!(shown(0.0), "0");
        assert_eq!(shown(-0.0), "0");
        assert_eq!(shown(-2.50), "-2.5");
        assert_eq!(shown(0.1 + 0.2), "0.3");
        assert_eq!(shown(1_000_000.0), "1000000");
        assert_eq!(shown(0.000_000_1), "1e-7");
        assert_eq!(shown(1e18), "1e18");
    }

    #[test]
    fn programs_get_whole_numbers_without_decimals_and_others_in_full() {
        let written = |value| serde_json::to_string(&ExactValue(value)).unwrap();
        assert_eq!([7.0, 0.0, -0.0, -3.0].map(written), ["7", "0", "0", "-3"]);
        assert_eq!([0.1, 0.123_456_789, 1e300].map(written), ["0.1", "0.123456789", "1e+300"]);
        assert_eq!(written(9_007_199_254_740_992.0), "9007199254740992");
    }

    #[test]
    fn durations_have_a_unit_that_fits() {
        let shown = |millis| Elapsed(Duration::from_millis(millis)).to_string();
        assert_eq!(shown(0), "0 ms");
        assert_eq!(shown(214), "214 ms");
        assert_eq!(shown(1_540), "1.5 s");
        assert_eq!(shown(59_999), "59.9 s");
        assert_eq!(shown(125_000), "2 min 5 s");
        assert_eq!(shown(3_600_000), "1 h 0 min");
        assert_eq!(shown(86_399_999), "23 h 59 min");
        assert_eq!(shown(7 * 86_400_000), "7 d 0 h");
    }
}
