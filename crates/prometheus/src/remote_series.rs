//! Points as the series of a remote write. Each series has one sample, at the time of the point.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

use prost::{Message as _, encoding::message};
use system_health_registry::{Point, Value};

use crate::{
    exposition::number,
    family::{Encoder, Families, RefusedPoints, conversion},
    label::{Labels, label_set},
    part::Part,
    protobuf::{Label, NativeHistogram, SERIES, Sample, TimeSeries},
};

/// The label of the metric's name.
const NAME: &str = "__name__";

/// The label that the Pushgateway's groups have, too.
const JOB: &str = "job";

/// Maximum number of series in a request. Prometheus itself sends the same number (`max_samples_per_send` in
/// <https://prometheus.io/docs/prometheus/latest/configuration/configuration/#remote_write>).
pub(crate) const MAX_SERIES: usize = 2000;

/// Maximum length of a request before its compression, in bytes. A histogram may have many thousands of bytes.
const MAX_LENGTH: usize = 1024 * 1024;

/// A series with one sample, and the points that it contains.
#[derive(Debug, Clone)]
pub(crate) struct RemoteSeries {
    pub(crate) key: String,
    /// Several points of one series and time are one sample.
    pub(crate) positions: Vec<usize>,
    pub(crate) series: TimeSeries,
}

impl RemoteSeries {
    /// Whether the value is a distribution.
    pub(crate) fn is_histogram(&self) -> bool {
        !self.series.histograms.is_empty()
    }
}

/// All series of one time, and the points that cannot be delivered.
#[derive(Debug, Default)]
pub(crate) struct RemotePoints {
    /// By time. Prometheus accepts the samples of a series only in this order.
    pub(crate) times: BTreeMap<SystemTime, Vec<RemoteSeries>>,
    pub(crate) refused: RefusedPoints,
}

impl RemotePoints {
    pub(crate) fn new(encoder: &Encoder, points: &[Point]) -> Self {
        let mut remote = Self::default();
        let mut times = BTreeMap::<SystemTime, Vec<usize>>::new();
        for (position, point) in points.iter().enumerate() {
            times.entry(point.timestamp).or_default().push(position);
        }
        for (time, positions) in times {
            let (grouped, refused) = encoder.group(points, positions, &Families::new());
            remote.refused.extend(refused);
            let mut all_series = Vec::new();
            for (name, series) in grouped {
                all_series.extend(family_series(&name, points, series));
            }
            remote.times.insert(time, all_series);
        }
        remote
    }
}

/// The series of a family. The last of several points of one series counts.
fn family_series(
    name: &str,
    points: &[Point],
    positions: BTreeMap<Labels, Vec<usize>>,
) -> impl Iterator<Item = RemoteSeries> {
    positions.into_iter().filter_map(move |(labels, positions)| {
        let point = points.get(*positions.last()?)?;
        Some(RemoteSeries { key: point.key.clone(), positions, series: time_series(name, &labels, point) })
    })
}

fn time_series(name: &str, labels: &Labels, point: &Point) -> TimeSeries {
    let timestamp = milliseconds(point.timestamp);
    let conversion = conversion(point);
    let (mut samples, mut histograms) = (Vec::new(), Vec::new());
    match &point.value {
        Value::Number(value) => samples.push(Sample { value: conversion.apply(*value), timestamp }),
        Value::Distribution(values) => histograms.push(NativeHistogram::new(values, conversion, timestamp)),
    }
    // In Prometheus, an empty label is the same as a missing label, and the protocol does not allow it.
    let own = labels.iter().filter(|(_, value)| !value.is_empty());
    let labels = own.chain([(NAME, name), (JOB, Part::from_key(&point.key).job())]);
    let label = |(name, value): (&str, &str)| Label { name: name.to_owned(), value: value.to_owned() };
    let mut labels: Vec<Label> = labels.map(label).collect();
    // The protocol requires this order.
    labels.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    TimeSeries { labels, samples, histograms }
}

fn milliseconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The labels and the value, as in the text format.
impl fmt::Display for RemoteSeries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self.series.labels.iter().map(|label| (Cow::from(&label.name), label.value.as_str()));
        write!(f, "{}", label_set(&Labels::new(labels.collect())))?;
        for Sample { value, timestamp } in &self.series.samples {
            write!(f, " {} {timestamp}", number(*value))?;
        }
        for NativeHistogram { count, sum, timestamp, .. } in &self.series.histograms {
            let (count, sum) = (count.unwrap_or_default(), number(*sum));
            write!(f, " {count} values with the sum {sum} {timestamp}")?;
        }
        Ok(())
    }
}

/// Divides series into requests of a bounded size.
pub(crate) fn batches(series: Vec<RemoteSeries>) -> Vec<Vec<RemoteSeries>> {
    let mut batches = Vec::<Vec<RemoteSeries>>::new();
    let mut length = 0_usize;
    for series in series {
        let added = series.series.encoded_len();
        match batches.last_mut() {
            Some(batch) if batch.len() < MAX_SERIES && length + added <= MAX_LENGTH => batch.push(series),
            _ => {
                batches.push(vec![series]);
                length = 0;
            }
        }
        length += added;
    }
    batches
}

/// The body of a request before its compression.
pub(crate) fn encode(batch: &[RemoteSeries]) -> Vec<u8> {
    let mut body = Vec::new();
    for series in batch {
        message::encode(SERIES, &series.series, &mut body);
    }
    body
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use system_health_registry::{Distribution, Kind};

    use super::*;

    fn series(count: usize, values: usize) -> Vec<RemoteSeries> {
        let values =
            Distribution::from_values((0..values).map(|value| 1.02_f64.powi(i32::try_from(value).unwrap())));
        let point = Point {
            key: "a".to_owned(),
            kind: Kind::Distribution,
            unit: None,
            tags: BTreeSet::new(),
            timestamp: UNIX_EPOCH,
            since: None,
            value: values.unwrap().into(),
        };
        let series = time_series("a", &Labels::default(), &point);
        let one = |at| RemoteSeries { key: "a".to_owned(), positions: vec![at], series: series.clone() };
        (0..count).map(one).collect()
    }

    #[test]
    fn a_value_is_displayed_as_in_the_text_format() {
        let mut series = series(1, 1).remove(0);
        assert!(series.to_string().ends_with("\"} 1 values with the sum 1 0"), "{series}");
        series.series.samples.push(Sample { value: 1e300, timestamp: 5 });
        series.series.histograms.clear();
        assert!(series.to_string().ends_with("\"} 1e300 5"), "{series}");
    }

    #[test]
    fn a_request_has_a_bounded_number_of_series() {
        let sizes: Vec<usize> = batches(series(4001, 1)).iter().map(Vec::len).collect();
        assert_eq!(sizes, [2000, 2000, 1]);
    }

    #[test]
    fn a_request_has_a_bounded_length() {
        let batches = batches(series(1000, 1500));
        assert!(batches.len() > 1);
        assert!(batches.iter().all(|batch| encode(batch).len() < MAX_LENGTH + MAX_LENGTH / 50));
        assert_eq!(batches.concat().len(), 1000);
    }
}
