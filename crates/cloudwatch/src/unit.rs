//! The units of CloudWatch. Values are not converted, so that alarms compare the same numbers as goals.
//! See <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html>.

use system_health_registry::Kind;

/// CloudWatch's name for "no unit".
const NO_UNIT: &str = "None";

/// A unit of CloudWatch, and the units of metrics that it stands for.
struct StandardUnit {
    name: &'static str,
    /// The unit of a rate. `None` if there is none.
    per_second: Option<&'static str>,
    /// Words, in the singular and in lower case.
    words: &'static [&'static str],
    /// Written exactly like this.
    symbols: &'static [&'static str],
}

const COUNT: StandardUnit = StandardUnit {
    name: "Count",
    per_second: Some("Count/Second"),
    words: &[
        "count",
        "alarm",
        "alert",
        "branch",
        "build",
        "comment",
        "commit",
        "deployment",
        "error",
        "event",
        "file",
        "issue",
        "item",
        "job",
        "line",
        "message",
        "person",
        "pipeline",
        "point",
        "pull request",
        "push",
        "request",
        "round",
        "row",
        "run",
        "runner",
        "test",
        "user",
        "workflow",
    ],
    symbols: &[],
};

/// Measures for which CloudWatch has no unit. A count or rate in such a measure has no unit in CloudWatch, instead of `Count`.
const OTHER_MEASURES: StandardUnit = StandardUnit {
    name: NO_UNIT,
    per_second: None,
    words: &[
        "nanosecond",
        "minute",
        "hour",
        "day",
        "week",
        "month",
        "year",
        "kibibyte",
        "mebibyte",
        "gibibyte",
        "tebibyte",
        "ratio",
        "fraction",
        "degree celsius",
        "decidegree celsius",
        "degree fahrenheit",
        "hertz",
        "kilohertz",
        "megahertz",
        "gigahertz",
        "volt",
        "millivolt",
        "ampere",
        "milliampere",
        "watt",
        "milliwatt",
        "kilowatt",
        "joule",
        "kilowatt hour",
        "gram",
        "kilogram",
        "meter",
        "metre",
        "kilometer",
    ],
    symbols: &[
        "ns", "min", "h", "d", "KB", "KiB", "MiB", "GiB", "TiB", "kb", "Kb", "Mb", "Gb", "Tb", "°C", "°F",
        "Hz", "V", "A", "W", "J", "kWh", "g", "kg", "km",
    ],
};

const fn time(
    name: &'static str,
    words: &'static [&'static str],
    symbols: &'static [&'static str],
) -> StandardUnit {
    StandardUnit { name, per_second: None, words, symbols }
}

const fn data(
    name: &'static str,
    per_second: &'static str,
    words: &'static [&'static str],
    symbols: &'static [&'static str],
) -> StandardUnit {
    StandardUnit { name, per_second: Some(per_second), words, symbols }
}

/// All units. `docs/cloudwatch.md` has the same table.
const UNITS: [StandardUnit; 16] = [
    time("Seconds", &["second", "sec"], &["s"]),
    time("Milliseconds", &["millisecond"], &["ms"]),
    time("Microseconds", &["microsecond"], &["us", "µs"]),
    data("Bytes", "Bytes/Second", &["byte"], &["B"]),
    data("Kilobytes", "Kilobytes/Second", &["kilobyte"], &["kB"]),
    data("Megabytes", "Megabytes/Second", &["megabyte"], &["MB"]),
    data("Gigabytes", "Gigabytes/Second", &["gigabyte"], &["GB"]),
    data("Terabytes", "Terabytes/Second", &["terabyte"], &["TB"]),
    data("Bits", "Bits/Second", &["bit"], &[]),
    data("Kilobits", "Kilobits/Second", &["kilobit"], &[]),
    data("Megabits", "Megabits/Second", &["megabit"], &[]),
    data("Gigabits", "Gigabits/Second", &["gigabit"], &[]),
    data("Terabits", "Terabits/Second", &["terabit"], &[]),
    StandardUnit { name: "Percent", per_second: None, words: &["percent"], symbols: &["%"] },
    COUNT,
    OTHER_MEASURES,
];

impl StandardUnit {
    fn is_for(&self, unit: &str) -> bool {
        if self.symbols.contains(&unit) {
            return true;
        }
        let word = unit.to_lowercase();
        // The plurals of `branch` and `push` end in `es`.
        let singulars = ["s", "es"].map(|end| word.strip_suffix(end).unwrap_or(&word));
        self.words.iter().any(|name| *name == word || singulars.contains(name))
    }
}

/// The unit of a metric's values in CloudWatch.
pub(crate) fn standard_unit(kind: Kind, unit: Option<&str>) -> &'static str {
    let unit = unit.map(str::trim).filter(|unit| !unit.is_empty());
    let known = unit.and_then(|unit| UNITS.iter().find(|standard| standard.is_for(unit)));
    let known = known.or_else(|| unit.filter(|unit| is_quotient(unit)).map(|_| &OTHER_MEASURES));
    match kind {
        // A rate, a count or a counter without a known unit counts things, and its unit names them.
        Kind::Rate { .. } => known.unwrap_or(&COUNT).per_second.unwrap_or(NO_UNIT),
        Kind::Count { .. } | Kind::Counter => known.unwrap_or(&COUNT).name,
        Kind::Gauge | Kind::Distribution => known.map_or(NO_UNIT, |known| known.name),
    }
}

/// Whether a unit is a measure such as `megabit per second`.
fn is_quotient(unit: &str) -> bool {
    unit.contains('/') || unit.to_lowercase().contains(" per ")
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path, time::Duration};

    use super::*;

    const INTERVAL: Duration = Duration::from_mins(15);

    #[test]
    fn the_unit_in_cloudwatch_depends_on_the_kind_and_unit_of_the_metric() {
        let (count, rate) = (Kind::Count { interval: INTERVAL }, Kind::Rate { interval: INTERVAL });
        for (kind, unit, expected) in [
            (Kind::Gauge, Some("second"), "Seconds"),
            (Kind::Gauge, Some("Seconds"), "Seconds"),
            (Kind::Distribution, Some("ms"), "Milliseconds"),
            (Kind::Gauge, Some(" % "), "Percent"),
            (Kind::Gauge, Some("pull request"), "Count"),
            (Kind::Gauge, Some("runs"), "Count"),
            (Kind::Gauge, Some("branches"), "Count"),
            (Kind::Gauge, Some("fraction"), "None"),
            (Kind::Gauge, Some("day"), "None"),
            (Kind::Gauge, Some("Mb"), "None"),
            (Kind::Gauge, Some("KiB"), "None"),
            (Kind::Gauge, None, "None"),
            (count, Some("deploy"), "Count"),
            (count, None, "Count"),
            (count, Some("byte"), "Bytes"),
            (rate, Some("MB"), "Megabytes/Second"),
            (rate, Some("request"), "Count/Second"),
            (rate, None, "Count/Second"),
            (rate, Some("second"), "None"),
            // A measure for which CloudWatch has no unit is not a number of things.
            (count, Some("ns"), "None"),
            (Kind::Counter, Some("hours"), "None"),
            (count, Some("KiB"), "None"),
            (rate, Some("KiB"), "None"),
            (rate, Some("kWh"), "None"),
            (Kind::Counter, Some("megabit per second"), "None"),
            (count, Some("req/s"), "None"),
            (rate, Some("deploy"), "Count/Second"),
            (Kind::Counter, Some("H"), "Count"),
        ] {
            assert_eq!(standard_unit(kind, unit), expected, "{kind:?} {unit:?}");
        }
    }

    #[test]
    fn the_documentation_lists_every_unit() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cloudwatch.md");
        let page = fs::read_to_string(file).unwrap();
        for unit in UNITS {
            let row = |line: &&str| line.starts_with(&format!("| `{}` |", unit.name));
            let row = page.lines().find(row).unwrap_or_else(|| panic!("no row for {}", unit.name));
            for name in unit.words.iter().chain(unit.symbols).chain(unit.per_second.iter()) {
                assert!(row.contains(&format!("`{name}`")), "`{name}` is missing in {row}");
            }
        }
    }
}
