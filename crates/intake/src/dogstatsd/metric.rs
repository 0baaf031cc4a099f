//! Metrics: `page.views:1|c|@0.5|#env:prod|T1656581400|c:ci-CONTAINER`.

use std::collections::BTreeSet;

use super::{
    fields::{tags, timestamp},
    line_error::LineError,
};

/// The type of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MetricType {
    Count,
    Gauge,
    /// A histogram or a timer.
    Histogram,
    Set,
    Distribution,
}

/// The values of a metric.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Values {
    Numbers(Vec<f64>),
    /// A member of a set.
    Text(String),
}

/// A line with a metric.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MetricLine {
    pub(crate) name: String,
    pub(crate) kind: MetricType,
    pub(crate) values: Values,
    /// Greater than 0 and at most 1, if it is given.
    pub(crate) sample_rate: Option<f64>,
    pub(crate) tags: BTreeSet<String>,
    /// In seconds since 1970.
    pub(crate) timestamp: Option<i64>,
}

impl MetricLine {
    pub(super) fn parse(line: &str) -> Result<Self, LineError> {
        let mut fields = line.split('|');
        let (name, values) = fields.next().and_then(|head| head.split_once(':')).ok_or(LineError::Metric)?;
        let kind = fields.next().ok_or(LineError::Metric)?;
        if name.is_empty() || values.is_empty() {
            return Err(LineError::Metric);
        }
        let kind = match kind {
            "c" => MetricType::Count,
            "g" => MetricType::Gauge,
            "h" | "ms" => MetricType::Histogram,
            "s" => MetricType::Set,
            "d" => MetricType::Distribution,
            other => return Err(LineError::Type(other.to_owned())),
        };
        let number = |text: &str| text.parse().map_err(|_| LineError::Value(text.to_owned()));
        let values = match kind {
            MetricType::Set => Values::Text(values.to_owned()),
            _ => Values::Numbers(values.split(':').map(number).collect::<Result<_, _>>()?),
        };
        let mut metric = Self {
            name: name.to_owned(),
            kind,
            values,
            sample_rate: None,
            tags: BTreeSet::new(),
            timestamp: None,
        };
        for field in fields {
            if let Some(rate) = field.strip_prefix('@') {
                metric.sample_rate = Some(sample_rate(rate)?);
            } else if let Some(text) = field.strip_prefix('#') {
                metric.tags.extend(tags(text));
            } else if let Some(seconds) = field.strip_prefix('T') {
                metric.timestamp = Some(timestamp(seconds)?);
            }
            // The Agent ignores other fields, or uses them to add tags of the container.
        }
        if metric.timestamp.is_some() && !matches!(kind, MetricType::Count | MetricType::Gauge) {
            return Err(LineError::UnexpectedTimestamp);
        }
        Ok(metric)
    }
}

fn sample_rate(text: &str) -> Result<f64, LineError> {
    let rate = text.parse().ok().filter(|rate| *rate > 0.0 && *rate <= 1.0);
    rate.ok_or_else(|| LineError::SampleRate(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_fields_of_a_metric_are_read() {
        let metric =
            MetricLine::parse("a.b:1:2.5:-3|d|@0.5|#env:prod, team:web,|c:ci-1|e:x|card:low").unwrap();

        assert_eq!((metric.name.as_str(), metric.kind), ("a.b", MetricType::Distribution));
        assert_eq!(metric.values, Values::Numbers(vec![1.0, 2.5, -3.0]));
        assert_eq!(metric.sample_rate, Some(0.5));
        assert_eq!(metric.tags, BTreeSet::from(["env:prod".to_owned(), "team:web".to_owned()]));

        let set = MetricLine::parse("users:a:b c|s").unwrap();
        assert_eq!(set.values, Values::Text("a:b c".to_owned()));
        assert_eq!(MetricLine::parse("a:1|c|T1656581400").unwrap().timestamp, Some(1_656_581_400));
    }

    #[test]
    fn the_error_says_which_part_of_a_line_is_wrong() {
        for (line, error) in [
            ("", LineError::Metric),
            ("a.b", LineError::Metric),
            ("a.b:1", LineError::Metric),
            (":1|c", LineError::Metric),
            ("a.b:|c", LineError::Metric),
            ("a.b:1|x", LineError::Type("x".into())),
            ("a.b:one|g", LineError::Value("one".into())),
            ("a.b:1::2|d", LineError::Value(String::new())),
            ("a.b:1|c|@2", LineError::SampleRate("2".into())),
            ("a.b:1|c|@0", LineError::SampleRate("0".into())),
            ("a.b:1|c|Tnow", LineError::Timestamp("now".into())),
            ("a.b:1|d|T1656581400", LineError::UnexpectedTimestamp),
        ] {
            assert_eq!(MetricLine::parse(line), Err(error), "{line}");
        }
    }
}
