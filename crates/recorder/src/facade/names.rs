//! Translates the names and units of the crate `metrics` to keys and units of metrics.

use metrics::Unit;

/// The key of a name. Names such as `http::requests-total` have characters that a key must not have.
pub(super) fn key(name: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || c == '_' || c == '.' { c } else { '_' };
    name.replace("::", ".").chars().map(allowed).collect()
}

/// The unit in words, as in other metrics. `None` for a count, whose name says what is counted.
pub(super) fn unit(unit: Unit) -> Option<&'static str> {
    Some(match unit {
        Unit::Count => return None,
        Unit::Percent => "percent",
        Unit::Seconds => "second",
        Unit::Milliseconds => "millisecond",
        Unit::Microseconds => "microsecond",
        Unit::Nanoseconds => "nanosecond",
        Unit::Tebibytes => "tebibyte",
        Unit::Gibibytes => "gibibyte",
        Unit::Mebibytes => "mebibyte",
        Unit::Kibibytes => "kibibyte",
        Unit::Bytes => "byte",
        Unit::TerabitsPerSecond => "terabit per second",
        Unit::GigabitsPerSecond => "gigabit per second",
        Unit::MegabitsPerSecond => "megabit per second",
        Unit::KilobitsPerSecond => "kilobit per second",
        Unit::BitsPerSecond => "bit per second",
        Unit::CountPerSecond => "count per second",
    })
}
