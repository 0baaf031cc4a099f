//! Units in the notation of UCUM, as OpenTelemetry recommends
//! (<https://opentelemetry.io/docs/specs/semconv/general/metrics/#instrument-units>). Values are not converted. A unit
//! that is not in [`UNITS`], such as `commit`, becomes an annotation in braces.

/// Units of UCUM, each with the names and symbols that a metric's unit may have. Symbols are case-sensitive. Words are not, and
/// may end in a plural `s`.
const UNITS: &[(&str, &[&str])] = &[
    ("s", &["second", "s", "sec"]),
    ("ms", &["millisecond", "ms"]),
    ("us", &["microsecond", "us", "µs"]),
    ("ns", &["nanosecond", "ns"]),
    ("min", &["minute", "min"]),
    ("h", &["hour", "h"]),
    ("d", &["day", "d"]),
    ("wk", &["week"]),
    ("By", &["byte", "B"]),
    ("bit", &["bit"]),
    ("kBy", &["kilobyte", "kB"]),
    ("MBy", &["megabyte", "MB"]),
    ("GBy", &["gigabyte", "GB"]),
    ("TBy", &["terabyte", "TB"]),
    ("KiBy", &["kibibyte", "KiB"]),
    ("MiBy", &["mebibyte", "MiB"]),
    ("GiBy", &["gibibyte", "GiB"]),
    ("TiBy", &["tebibyte", "TiB"]),
    ("%", &["percent", "%"]),
    ("1", &["ratio", "fraction"]),
    ("Cel", &["degree celsius", "°C"]),
    ("dCel", &["decidegree celsius"]),
    ("[degF]", &["degree fahrenheit", "°F"]),
    ("Hz", &["hertz", "Hz"]),
    ("kHz", &["kilohertz"]),
    ("MHz", &["megahertz"]),
    ("GHz", &["gigahertz"]),
    ("V", &["volt", "V"]),
    ("mV", &["millivolt"]),
    ("A", &["ampere", "A"]),
    ("mA", &["milliampere"]),
    ("W", &["watt", "W"]),
    ("mW", &["milliwatt"]),
    ("kW", &["kilowatt"]),
    ("J", &["joule", "J"]),
    ("kW.h", &["kilowatt hour", "kWh"]),
    ("g", &["gram", "g"]),
    ("kg", &["kilogram", "kg"]),
    ("m", &["meter", "metre"]),
    ("km", &["kilometer", "km"]),
];

/// The unit in UCUM, per second for a rate. It is empty if a metric that is not a rate has no unit.
pub(crate) fn ucum_unit(unit: Option<&str>, is_rate: bool) -> String {
    let code = unit.map(ucum_code).unwrap_or_default();
    match (code.is_empty(), is_rate) {
        (true, true) => "1/s".to_owned(),
        (false, true) => format!("{code}/s"),
        (_, false) => code,
    }
}

fn ucum_code(unit: &str) -> String {
    let unit = unit.trim();
    let known = UNITS.iter().find(|(_, names)| names.iter().any(|name| is_name(unit, name)));
    known.map_or_else(|| annotation(unit), |(code, _)| (*code).to_owned())
}

/// Whether a unit is written with this name or symbol. A word has at least three letters.
fn is_name(unit: &str, name: &str) -> bool {
    let is_word = name.len() > 2 && name.chars().all(|c| c.is_ascii_lowercase() || c == ' ');
    let is_plural = || unit.to_ascii_lowercase().strip_suffix('s').is_some_and(|singular| singular == name);
    unit == name || (is_word && (unit.eq_ignore_ascii_case(name) || is_plural()))
}

/// An annotation has only visible characters of ASCII, and no braces (<https://ucum.org/ucum#para-6>).
fn annotation(unit: &str) -> String {
    let allowed = |c: char| c.is_ascii_graphic() && c != '{' && c != '}';
    format!("{{{}}}", unit.replace(|c: char| !allowed(c), "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_translated_to_ucum() {
        for (unit, expected) in [
            (Some("second"), "s"),
            (Some("Seconds"), "s"),
            (Some("ms"), "ms"),
            (Some("MS"), "{MS}"),
            (Some("µs"), "us"),
            (Some("byte"), "By"),
            (Some("MiB"), "MiBy"),
            (Some("%"), "%"),
            (Some("percent"), "%"),
            (Some("ratio"), "1"),
            (Some("commit"), "{commit}"),
            (Some("pull request"), "{pull_request}"),
            (Some("a{b}é"), "{a_b__}"),
            (Some("kilowatt hours"), "kW.h"),
            (None, ""),
        ] {
            assert_eq!(ucum_unit(unit, false), expected, "{unit:?}");
        }
    }

    #[test]
    fn a_rate_is_per_second() {
        for (unit, expected) in [(Some("commit"), "{commit}/s"), (Some("byte"), "By/s"), (None, "1/s")] {
            assert_eq!(ucum_unit(unit, true), expected, "{unit:?}");
        }
    }

    #[test]
    fn the_documentation_contains_the_table_of_units() {
        let names =
            |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" ");
        let rows = UNITS.iter().map(|(code, units)| format!("| `{code}` | {} |\n", names(units)));
        let table = format!("| UCUM | units |\n|---|---|\n{}\n", rows.collect::<String>());

        assert!(
            include_str!("../../../docs/otlp.md").contains(&table),
            "docs/otlp.md should contain:\n{table}"
        );
    }

    #[test]
    fn each_name_belongs_to_one_unit() {
        for (code, names) in UNITS {
            for name in *names {
                assert_eq!(ucum_code(name), *code, "{name}");
            }
        }
    }
}
