//! OpenMetrics' text format, version 1.0.0
//! (<https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md#text-format>). Differences to Prometheus'
//! own format: the family of a counter has no suffix `_total`, units have a line of their own, quotation marks in help texts are
//! escaped, boundaries are canonical numbers, and the text has an end, so that a truncated one is noticed.

use std::fmt;

use crate::{
    exposition::{number, write_histogram},
    family::{Families, Family},
    label::label_set,
    series_value::{FamilyType, SeriesValue},
};

/// The suffix of a counter's samples.
const TOTAL: &str = "_total";

/// Families as text.
pub(crate) struct OpenMetrics<'a>(pub(crate) &'a Families);

impl fmt::Display for OpenMetrics<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, family) in self.0 {
            let Exposed { family_name, type_name, sample_name } = self.exposed(name, family);
            writeln!(f, "# TYPE {family_name} {type_name}")?;
            let unit = family.unit.filter(|unit| {
                family_name.strip_suffix(unit).is_some_and(|stem| stem.len() > 1 && stem.ends_with('_'))
            });
            if let Some(unit) = unit {
                writeln!(f, "# UNIT {family_name} {unit}")?;
            }
            writeln!(f, "# HELP {family_name} {}", escape_help(&family.help))?;
            for (labels, series) in &family.series {
                match &series.value {
                    SeriesValue::Number(value) => {
                        writeln!(f, "{sample_name}{} {}", label_set(labels), number(*value))?;
                    }
                    SeriesValue::Histogram(histogram) => {
                        write_histogram(f, &family_name, labels, histogram, canonical)?;
                    }
                }
            }
        }
        writeln!(f, "# EOF")
    }
}

/// How a family is written.
#[expect(clippy::struct_field_names, reason = "the terms of OpenMetrics")]
struct Exposed {
    family_name: String,
    type_name: &'static str,
    sample_name: String,
}

impl OpenMetrics<'_> {
    fn exposed(&self, name: &str, family: &Family) -> Exposed {
        let as_named =
            |type_name| Exposed { family_name: name.to_owned(), type_name, sample_name: name.to_owned() };
        match family.exposed_as {
            FamilyType::Gauge => as_named("gauge"),
            FamilyType::Histogram => as_named("histogram"),
            FamilyType::Counter => match name.strip_suffix(TOTAL) {
                Some(stem) if !stem.is_empty() && !self.0.contains_key(stem) => Exposed {
                    family_name: stem.to_owned(),
                    type_name: "counter",
                    sample_name: name.to_owned(),
                },
                // Another metric has the name that the family would have, or there is no stem. The name of the series must not
                // depend on the format, so its type is not told.
                _ => as_named("unknown"),
            },
        }
    }
}

fn escape_help(help: &str) -> String {
    help.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\\"")
}

/// A boundary as Go prints it, with a decimal point or an exponent, so that all programs write the same label. See "canonical
/// numbers" in the specification.
fn canonical(value: f64) -> String {
    let scientific = format!("{value:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let Ok(exponent) = exponent.parse::<i32>() else { return scientific };
    if value != 0.0 && !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    let plain = format!("{value}");
    if plain.contains('.') { plain } else { plain + ".0" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries_are_canonical_numbers() {
        for (value, text) in [
            (0.0, "0.0"),
            (1.0, "1.0"),
            (-2.0, "-2.0"),
            (0.001, "0.001"),
            (0.0001, "0.0001"),
            (0.000_01, "1e-05"),
            (100_000.0, "100000.0"),
            (1_000_000.0, "1e+06"),
            (1_048_576.0, "1.048576e+06"),
            (123_456.5, "123456.5"),
            (1e300, "1e+300"),
            (-3.5e-9, "-3.5e-09"),
        ] {
            assert_eq!(canonical(value), text);
            assert_eq!(text.parse::<f64>().unwrap().to_bits(), value.to_bits());
        }
    }
}
