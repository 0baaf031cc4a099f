//! OpenMetrics' text format, version 1.0.0
//! (<https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md#text-format>). Differences from Prometheus'
//! own format: the family of a counter has no suffix `_total`, units have a line of their own, quotation marks in help texts are
//! escaped, boundaries are canonical numbers, a histogram with negative boundaries has no sum and no count, and the text has an
//! end mark, so that a truncated text is noticed.

use std::fmt;

use crate::{
    exposition::{Number, write_buckets, write_sum_and_count},
    family::{Families, Family},
    label::LabelSet,
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
                        writeln!(f, "{sample_name}{} {}", LabelSet(labels), Number(*value))?;
                    }
                    SeriesValue::Histogram(histogram) => {
                        write_buckets(f, &family_name, labels, histogram, canonical)?;
                        // With negative values, the sum could decrease. So the format forbids the sum, and also the count.
                        if histogram.buckets.iter().all(|(boundary, _)| *boundary >= 0.0) {
                            write_sum_and_count(f, &family_name, labels, histogram)?;
                        }
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
                // Another metric has the name that the family would have, or the name is only the suffix. The name of the series
                // must not depend on the format, so its type is `unknown`.
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
    use std::time::UNIX_EPOCH;

    use system_health_registry::{Descriptions, Distribution, Kind, Point};

    use super::*;
    use crate::{MetricsPage, TextFormat};

    #[test]
    fn a_histogram_with_negative_boundaries_has_no_sum_and_no_count() {
        for (value, has_sum) in [(2.0, true), (0.0, true), (-2.0, false)] {
            let mut distribution = Distribution::new();
            distribution.record(value).unwrap();
            let point = Point {
                key: "a".into(),
                kind: Kind::Distribution,
                unit: None,
                tags: [].into(),
                timestamp: UNIX_EPOCH,
                since: None,
                value: distribution.into(),
            };
            let page = MetricsPage::new(&[point], Descriptions::default(), None);

            let text = page.text(TextFormat::OpenMetrics);

            let found = ["a_sum ", "a_count "].map(|name| text.lines().any(|line| line.starts_with(name)));
            assert_eq!(found, [has_sum; 2], "{text}");
            assert!(text.contains("a_bucket{le=\"+Inf\"} 1\n"), "{text}");
            assert!(page.text(TextFormat::Prometheus).contains("\na_count 1\n"));
        }
    }

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
