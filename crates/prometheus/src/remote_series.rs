//! Points as the series of a remote write. Each series has one sample, at the time of the point.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

use prost::{
    DecodeError, Message as _,
    encoding::{WireType, encode_key, encode_varint, encoded_len_varint, message},
};
use system_health_registry::{Point, Value};

use crate::{
    exposition::Number,
    family::{Encoder, Families, RefusedPoints, SeriesPoints, conversion},
    label::{LabelSet, Labels},
    part::Part,
    protobuf::{
        HISTOGRAMS, LABEL_NAME, LABEL_VALUE, LABELS, NativeHistogram, SAMPLES, SERIES, Sample, TimeSeries,
    },
};

/// The label of the metric's name.
const NAME: &str = "__name__";

/// The label of the job. The Pushgateway's groups also have it.
const JOB: &str = "job";

/// Maximum number of series in a request. Prometheus itself sends the same number (`max_samples_per_send` in
/// <https://prometheus.io/docs/prometheus/latest/configuration/configuration/#remote_write>).
pub(crate) const MAX_SERIES: usize = 2000;

/// Maximum length of the series of a request before its compression, in bytes. A histogram may have many thousands of bytes.
/// A longer series is sent alone.
const MAX_LENGTH: usize = 1024 * 1024;

/// The number of bytes that an encoded label has in addition to its texts, if the texts are short.
const LABEL_OVERHEAD: usize = 6;

/// The usual length of a sample, in bytes.
const SAMPLE_LENGTH: usize = 18;

/// A series with one sample, and the points that it contains.
#[derive(Debug, Clone)]
pub(crate) struct RemoteSeries {
    pub(crate) key: String,
    /// The positions of the points. Several points of a series with the same time become one sample.
    pub(crate) positions: Vec<usize>,
    /// Whether the value is a distribution.
    pub(crate) is_histogram: bool,
    /// The encoded [`TimeSeries`]. There may be very many series, and the encoded form takes less memory than the decoded one.
    encoded: Vec<u8>,
}

/// The series of the points, and the points that cannot be delivered.
#[derive(Debug, Default)]
pub(crate) struct RemotePoints {
    /// The series by time. Prometheus accepts the samples of a series only in the order of their times.
    pub(crate) times: BTreeMap<SystemTime, Vec<RemoteSeries>>,
    pub(crate) refused: RefusedPoints,
}

impl RemotePoints {
    pub(crate) fn new(encoder: &Encoder, points: &[Point]) -> Self {
        let mut remote_points = Self::default();
        let mut times = BTreeMap::<SystemTime, Vec<usize>>::new();
        for (position, point) in points.iter().enumerate() {
            times.entry(point.timestamp).or_default().push(position);
        }
        for (time, positions) in times {
            let (grouped, refused) = encoder.group(points, positions, &Families::new());
            remote_points.refused.extend(refused);
            let mut all_series = Vec::new();
            for (name, series) in grouped {
                all_series
                    .extend(series.into_iter().filter_map(|series| RemoteSeries::new(&name, points, series)));
            }
            remote_points.times.insert(time, all_series);
        }
        remote_points
    }
}

/// The encoded [`TimeSeries`] of a point.
fn time_series(name: &str, labels: &Labels, point: &Point) -> Vec<u8> {
    // In Prometheus, an empty label is the same as a missing label, and the protocol does not allow it.
    let non_empty = labels.iter().filter(|(_, value)| !value.is_empty());
    let mut labels: Vec<(&str, &str)> =
        non_empty.chain([(NAME, name), (JOB, Part::from_key(&point.key).job())]).collect();
    // The protocol requires this order.
    labels.sort_unstable();
    let length: usize = labels.iter().map(|(name, value)| name.len() + value.len() + LABEL_OVERHEAD).sum();
    let mut encoded = Vec::with_capacity(length + SAMPLE_LENGTH);
    for (name, value) in labels {
        let fields = [(LABEL_NAME, name), (LABEL_VALUE, value)];
        encode_key(LABELS, WireType::LengthDelimited, &mut encoded);
        encode_varint(fields.iter().map(|(_, text)| encoded_text_length(text)).sum(), &mut encoded);
        for (field, text) in fields {
            encode_bytes(field, text.as_bytes(), &mut encoded);
        }
    }
    let (timestamp, conversion) = (milliseconds(point.timestamp), conversion(point));
    match &point.value {
        Value::Number(value) => {
            message::encode(SAMPLES, &Sample { value: conversion.apply(*value), timestamp }, &mut encoded);
        }
        Value::Distribution(values) => {
            message::encode(HISTOGRAMS, &NativeHistogram::new(values, conversion, timestamp), &mut encoded);
        }
    }
    encoded
}

/// The length of an encoded text with its field number and its length in front, in bytes. The field number takes one byte.
fn encoded_text_length(text: &str) -> u64 {
    let length = text.len() as u64;
    1 + encoded_len_varint(length) as u64 + length
}

fn encode_bytes(field: u32, bytes: &[u8], encoded: &mut Vec<u8>) {
    encode_key(field, WireType::LengthDelimited, encoded);
    encode_varint(bytes.len() as u64, encoded);
    encoded.extend_from_slice(bytes);
}

fn milliseconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

impl RemoteSeries {
    /// The last of several points of one series counts.
    fn new(name: &str, points: &[Point], SeriesPoints { labels, positions }: SeriesPoints) -> Option<Self> {
        let point = points.get(*positions.last()?)?;
        Some(Self {
            key: point.key.clone(),
            positions,
            is_histogram: point.value.distribution().is_some(),
            encoded: time_series(name, &labels, point),
        })
    }

    /// The series in a readable form.
    pub(crate) fn decode(&self) -> Result<TimeSeries, DecodeError> {
        TimeSeries::decode(&*self.encoded)
    }
}

/// The labels as in the text format, and the value with its timestamp.
impl fmt::Display for TimeSeries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self.labels.iter().map(|label| (Cow::from(&label.name), label.value.as_str()));
        write!(f, "{}", LabelSet(&Labels::new(labels.collect())))?;
        for Sample { value, timestamp } in &self.samples {
            write!(f, " {} {timestamp}", Number(*value))?;
        }
        for NativeHistogram { count, sum, timestamp, .. } in &self.histograms {
            let (count, sum) = (count.unwrap_or_default(), Number(*sum));
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
        let added = series.encoded.len();
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
        encode_bytes(SERIES, &series.encoded, &mut body);
    }
    body
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, time::Duration};

    use system_health_registry::{Distribution, Kind};

    use super::*;
    use crate::protobuf::Label;

    fn point(value: Value) -> Point {
        Point {
            key: "a".to_owned(),
            kind: Kind::Gauge,
            unit: None,
            tags: BTreeSet::new(),
            timestamp: UNIX_EPOCH + Duration::from_millis(5),
            since: None,
            value,
        }
    }

    fn distribution(values: usize) -> Point {
        let values = (0..values).map(|value| 1.02_f64.powi(i32::try_from(value).unwrap()));
        Point { kind: Kind::Distribution, ..point(Distribution::from_values(values).unwrap().into()) }
    }

    fn series(point: Point, labels: Labels) -> RemoteSeries {
        RemoteSeries::new("a_name", &[point], SeriesPoints { labels, positions: vec![0] }).unwrap()
    }

    fn series_of_distributions(count: usize, values: usize) -> Vec<RemoteSeries> {
        vec![series(distribution(values), Labels::default()); count]
    }

    #[test]
    fn a_series_is_encoded_with_sorted_labels_and_one_value() {
        let labels = Labels::new(vec![("_1".into(), "x"), ("empty".into(), ""), ("team".into(), "größe")]);
        let label = |(name, value): (&str, &str)| Label { name: name.to_owned(), value: value.to_owned() };
        let labels_of_message =
            [("_1", "x"), ("__name__", "a_name"), ("job", "system-health"), ("team", "größe")].map(label);
        for (value, is_number) in [(Value::Number(2.5), true), (distribution(3).value, false)] {
            let decoded = series(point(value), labels.clone()).decode().unwrap();
            assert_eq!(decoded.labels, labels_of_message);
            assert_eq!(decoded.samples.len(), usize::from(is_number));
            assert_eq!(decoded.histograms.len(), usize::from(!is_number));
        }
    }

    #[test]
    fn a_series_is_displayed_with_its_labels_value_and_timestamp() {
        let shown = |point| series(point, Labels::default()).decode().unwrap().to_string();
        let labels = r#"{__name__="a_name",job="system-health"}"#;
        assert_eq!(shown(distribution(1)), format!("{labels} 1 values with the sum 1 5"));
        assert_eq!(shown(point(Value::Number(1e300))), format!("{labels} 1e300 5"));
    }

    #[test]
    fn a_request_has_a_bounded_number_of_series() {
        let sizes: Vec<usize> = batches(series_of_distributions(4001, 1)).iter().map(Vec::len).collect();
        assert_eq!(sizes, [2000, 2000, 1]);
    }

    #[test]
    fn a_request_has_a_bounded_length() {
        let batches = batches(series_of_distributions(1000, 1500));
        assert!(batches.len() > 1);
        assert!(batches.iter().all(|batch| encode(batch).len() < MAX_LENGTH + MAX_LENGTH / 50));
        assert_eq!(batches.concat().len(), 1000);
    }
}
