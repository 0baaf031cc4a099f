//! Units. Prometheus expects base units, and their plural at the end of the metric's name
//! (<https://prometheus.io/docs/practices/naming/#base-units>). Units such as `commit` only say what is counted. They
//! are neither converted nor added to the name, because the name already says what is counted.

use std::{collections::HashMap, sync::LazyLock};

use Conversion::{Fahrenheit, Over, Same, Times};

/// Units of the same quantity, which can be converted into one base unit.
struct Quantity {
    /// The end of the metric's name.
    suffix: &'static str,
    /// Names and symbols of units, with the conversions of their values into the base unit.
    units: &'static [(&'static str, Conversion)],
}

/// The conversion of a value into the base unit. Small units have divisors instead of factors, because only the
/// division is exact: 35 / 100 is 0.35, but 35 * 0.01 is not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Conversion {
    /// The value does not change.
    Same,
    /// The unit is this many base units.
    Times(f64),
    /// The base unit is this many units.
    Over(f64),
    /// From degrees Fahrenheit to degrees Celsius.
    Fahrenheit,
}

/// The base unit of a unit, and the conversion into it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct BaseUnit {
    /// The end of the metric's name, such as `seconds`.
    pub(crate) suffix: &'static str,
    pub(crate) conversion: Conversion,
}

const QUANTITIES: &[Quantity] = &[
    Quantity {
        suffix: "seconds",
        units: &[
            ("second", Same),
            ("s", Same),
            ("sec", Same),
            ("millisecond", Over(1e3)),
            ("ms", Over(1e3)),
            ("microsecond", Over(1e6)),
            ("us", Over(1e6)),
            ("µs", Over(1e6)),
            ("nanosecond", Over(1e9)),
            ("ns", Over(1e9)),
            ("minute", Times(60.0)),
            ("min", Times(60.0)),
            ("hour", Times(3600.0)),
            ("h", Times(3600.0)),
            ("day", Times(86_400.0)),
            ("d", Times(86_400.0)),
            ("week", Times(604_800.0)),
        ],
    },
    Quantity {
        suffix: "bytes",
        units: &[
            ("byte", Same),
            ("B", Same),
            ("bit", Over(8.0)),
            ("kilobyte", Times(1e3)),
            ("kB", Times(1e3)),
            ("megabyte", Times(1e6)),
            ("MB", Times(1e6)),
            ("gigabyte", Times(1e9)),
            ("GB", Times(1e9)),
            ("terabyte", Times(1e12)),
            ("TB", Times(1e12)),
            ("kibibyte", Times(1024.0)),
            ("KiB", Times(1024.0)),
            ("mebibyte", Times(1_048_576.0)),
            ("MiB", Times(1_048_576.0)),
            ("gibibyte", Times(1_073_741_824.0)),
            ("GiB", Times(1_073_741_824.0)),
            ("tebibyte", Times(1_099_511_627_776.0)),
            ("TiB", Times(1_099_511_627_776.0)),
        ],
    },
    Quantity {
        suffix: "ratio",
        units: &[("ratio", Same), ("fraction", Same), ("percent", Over(100.0)), ("%", Over(100.0))],
    },
    Quantity {
        suffix: "celsius",
        units: &[
            ("degree celsius", Same),
            ("°C", Same),
            ("decidegree celsius", Over(10.0)),
            ("degree fahrenheit", Fahrenheit),
            ("°F", Fahrenheit),
        ],
    },
    Quantity {
        suffix: "hertz",
        units: &[
            ("hertz", Same),
            ("Hz", Same),
            ("kilohertz", Times(1e3)),
            ("megahertz", Times(1e6)),
            ("gigahertz", Times(1e9)),
        ],
    },
    Quantity { suffix: "volts", units: &[("volt", Same), ("V", Same), ("millivolt", Over(1e3))] },
    Quantity { suffix: "amperes", units: &[("ampere", Same), ("A", Same), ("milliampere", Over(1e3))] },
    Quantity {
        suffix: "watts",
        units: &[("watt", Same), ("W", Same), ("milliwatt", Over(1e3)), ("kilowatt", Times(1e3))],
    },
    Quantity {
        suffix: "joules",
        units: &[("joule", Same), ("J", Same), ("kilowatt hour", Times(3.6e6)), ("kWh", Times(3.6e6))],
    },
    Quantity {
        suffix: "grams",
        units: &[("gram", Same), ("g", Same), ("kilogram", Times(1e3)), ("kg", Times(1e3))],
    },
    Quantity {
        suffix: "meters",
        units: &[("meter", Same), ("metre", Same), ("kilometer", Times(1e3)), ("km", Times(1e3))],
    },
];

/// All units by their names. Each point looks up its unit.
static UNITS: LazyLock<HashMap<&str, BaseUnit>> = LazyLock::new(|| {
    let all = QUANTITIES.iter().flat_map(|Quantity { suffix, units }| {
        units.iter().map(|(name, conversion)| (*name, BaseUnit { suffix, conversion: *conversion }))
    });
    all.collect()
});

impl BaseUnit {
    /// The base unit of a metric's unit, or `None` if Prometheus has no base unit for it. Symbols are case-sensitive.
    /// Words are not case-sensitive, and may end in a plural `s`.
    pub(crate) fn from_unit(unit: &str) -> Option<Self> {
        let unit = unit.trim();
        let is_word = |name: &str| !is_symbol(name);
        let known = UNITS.get(unit).or_else(|| {
            let word = unit.to_lowercase();
            let singular = word.strip_suffix('s').unwrap_or(&word);
            let names = [&*word, singular];
            names.into_iter().filter(|name| is_word(name)).find_map(|name| UNITS.get(name))
        });
        known.copied()
    }

    /// The spellings of the converted unit as the last words of a metric's name, such as `ms`, `millisecond` and
    /// `milliseconds`.
    pub(crate) fn spellings(self) -> impl Iterator<Item = String> {
        let quantity = QUANTITIES.iter().filter(move |quantity| quantity.suffix == self.suffix);
        let units = quantity.flat_map(|quantity| quantity.units);
        let same = units.filter(move |(_, conversion)| *conversion == self.conversion);
        same.flat_map(|(name, _)| {
            let word = name.to_lowercase().replace(' ', "_");
            let plural = (!is_symbol(name)).then(|| format!("{word}s"));
            std::iter::once(word).chain(plural)
        })
    }
}

/// Whether a name is a symbol such as `ms` or `°C`, and not a word such as `day` or `bit`.
fn is_symbol(name: &str) -> bool {
    !name.is_ascii()
        || name.len() < 3
        || matches!(name, "min" | "sec" | "KiB" | "MiB" | "GiB" | "TiB" | "kWh")
}

impl Conversion {
    /// Converts a value into the base unit.
    pub(crate) fn apply(self, value: f64) -> f64 {
        match self {
            Same => value,
            Times(factor) => value * factor,
            Over(divisor) => value / divisor,
            Fahrenheit => (value - 32.0) * 5.0 / 9.0,
        }
    }

    /// Converts the sum of `count` values into the base unit. As in a distribution, a sum outside the range of `f64` is limited
    /// to this range.
    pub(crate) fn apply_to_sum(self, sum: f64, count: u64) -> f64 {
        let converted = match self {
            #[expect(clippy::cast_precision_loss, reason = "a sum of so many values is rounded anyway")]
            Fahrenheit => (sum - 32.0 * count as f64) * 5.0 / 9.0,
            Same | Times(_) | Over(_) => self.apply(sum),
        };
        converted.clamp(f64::MIN, f64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    fn converted(unit: &str, value: f64) -> Option<(&'static str, f64)> {
        BaseUnit::from_unit(unit).map(|base| (base.suffix, base.conversion.apply(value)))
    }

    #[test]
    fn units_are_converted_into_base_units() {
        for (unit, value, expected) in [
            ("second", 1.5, Some(("seconds", 1.5))),
            ("Milliseconds", 250.0, Some(("seconds", 0.25))),
            ("ms", 1.0, Some(("seconds", 0.001))),
            ("min", 2.0, Some(("seconds", 120.0))),
            (" days ", 1.0, Some(("seconds", 86_400.0))),
            ("MiB", 2.0, Some(("bytes", 2_097_152.0))),
            ("MB", 2.0, Some(("bytes", 2e6))),
            ("bit", 12.0, Some(("bytes", 1.5))),
            ("percent", 7.0, Some(("ratio", 0.07))),
            ("%", 99.5, Some(("ratio", 0.995))),
            ("degree fahrenheit", 212.0, Some(("celsius", 100.0))),
            ("commit", 1.0, None),
            ("runs", 1.0, None),
            ("S", 1.0, None),
            ("Mb", 1.0, None),
            ("", 1.0, None),
        ] {
            assert_eq!(converted(unit, value), expected, "{unit}");
        }
    }

    #[test]
    fn a_sum_stays_finite() {
        for conversion in [Times(86_400.0), Fahrenheit] {
            let sums = [f64::MIN, f64::MAX].map(|sum| conversion.apply_to_sum(sum, 2));
            assert!(sums.iter().all(|sum| sum.is_finite()), "{conversion:?}: {sums:?}");
        }
    }

    #[test]
    fn unit_names_are_unique() {
        let mut names: Vec<_> =
            QUANTITIES.iter().flat_map(|quantity| quantity.units).map(|(name, _)| *name).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn the_documentation_lists_every_unit() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/prometheus.md");
        let page = fs::read_to_string(file).unwrap();
        for quantity in QUANTITIES {
            let row = |line: &&str| line.starts_with(&format!("| `_{}` |", quantity.suffix));
            let row = page.lines().find(row).unwrap_or_else(|| panic!("no row for {}", quantity.suffix));
            for (name, _) in quantity.units {
                assert!(row.contains(&format!("`{name}`")), "`{name}` is missing in {row}");
            }
        }
    }
}
