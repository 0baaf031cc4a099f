//! Prometheus' text format, version 0.0.4
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>).

use std::fmt;

use crate::{
    family::Families,
    histogram::Histogram,
    label::{LabelSet, Labels},
    series_value::SeriesValue,
};

/// The content type of the text.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Families as text.
pub(crate) struct Exposition<'a>(pub(crate) &'a Families);

impl fmt::Display for Exposition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, family) in self.0 {
            writeln!(f, "# HELP {name} {}", escape_help(&family.help))?;
            writeln!(f, "# TYPE {name} {}", family.exposed_as)?;
            for (labels, series) in &family.series {
                match &series.value {
                    SeriesValue::Number(value) => {
                        writeln!(f, "{name}{} {}", LabelSet(labels), Number(*value))?;
                    }
                    SeriesValue::Histogram(histogram) => {
                        write_buckets(f, name, labels, histogram, |boundary| Number(boundary).to_string())?;
                        write_sum_and_count(f, name, labels, histogram)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// The label of a bucket's upper boundary.
const BOUNDARY: &str = "le";

/// Writes the buckets of a histogram. `format` formats their boundaries.
pub(crate) fn write_buckets(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    labels: &Labels,
    histogram: &Histogram,
    format: fn(f64) -> String,
) -> fmt::Result {
    let finite = histogram.buckets.iter().map(|(boundary, count)| (format(*boundary), *count));
    for (boundary, count) in finite.chain([("+Inf".to_owned(), histogram.count)]) {
        writeln!(f, "{name}_bucket{} {count}", LabelSet(&labels.with(BOUNDARY, &boundary)))?;
    }
    Ok(())
}

/// Writes the sum and the number of the values of a histogram.
pub(crate) fn write_sum_and_count(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    labels: &Labels,
    histogram: &Histogram,
) -> fmt::Result {
    let labels = LabelSet(labels);
    writeln!(f, "{name}_sum{labels} {}", Number(histogram.sum))?;
    writeln!(f, "{name}_count{labels} {}", histogram.count)
}

fn escape_help(help: &str) -> String {
    help.replace('\\', "\\\\").replace('\n', "\\n")
}

/// A number in a form that Go can parse. Only very large and very small numbers have an exponent.
pub(crate) struct Number(pub(crate) f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = self.0 == 0.0 || (1e-6..1e15).contains(&self.0.abs());
        if plain { fmt::Display::fmt(&self.0, f) } else { fmt::LowerExp::fmt(&self.0, f) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_exact() {
        for (value, text) in [
            (3.0, "3"),
            (-0.25, "-0.25"),
            (0.1 + 0.2, "0.30000000000000004"),
            (0.0, "0"),
            (-0.0, "-0"),
            (1e300, "1e300"),
            (-1.5e-9, "-1.5e-9"),
            (5e-324, "5e-324"),
            (1e15, "1e15"),
            (999_999_999_999_999.0, "999999999999999"),
        ] {
            assert_eq!(Number(value).to_string(), text);
            assert_eq!(text.parse::<f64>().unwrap().to_bits(), value.to_bits());
        }
    }

    #[test]
    fn help_texts_are_escaped() {
        assert_eq!(escape_help("a \\ \"b\"\nc"), "a \\\\ \"b\"\\nc");
    }
}
