//! The messages of remote write 1.0 (<https://prometheus.io/docs/specs/prw/remote_write_spec/>). Native histograms are not in
//! the specification. Their fields are those of Prometheus
//! (<https://github.com/prometheus/prometheus/blob/main/prompb/types.proto>). Fields that are never sent are left out.

use prost::Message;

/// The number of the only field of a request: its series, of the type [`TimeSeries`].
pub(crate) const SERIES: u32 = 1;
/// The numbers of the fields of [`TimeSeries`].
pub(crate) const LABELS: u32 = 1;
pub(crate) const SAMPLES: u32 = 2;
pub(crate) const HISTOGRAMS: u32 = 4;
/// The numbers of the fields of [`Label`].
pub(crate) const LABEL_NAME: u32 = 1;
pub(crate) const LABEL_VALUE: u32 = 2;

/// A series with its samples.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct TimeSeries {
    /// Sorted by name.
    #[prost(message, repeated, tag = "1")]
    pub(crate) labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) samples: Vec<Sample>,
    #[prost(message, repeated, tag = "4")]
    pub(crate) histograms: Vec<NativeHistogram>,
}

/// A label.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Label {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, tag = "2")]
    pub(crate) value: String,
}

/// A number with its time.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Sample {
    #[prost(double, tag = "1")]
    pub(crate) value: f64,
    /// Milliseconds since 1970.
    #[prost(int64, tag = "2")]
    pub(crate) timestamp: i64,
}

/// A native histogram with its time.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct NativeHistogram {
    #[prost(uint64, optional, tag = "1")]
    pub(crate) count: Option<u64>,
    #[prost(double, tag = "3")]
    pub(crate) sum: f64,
    /// There are `2^schema` buckets for each power of two.
    #[prost(sint32, tag = "4")]
    pub(crate) schema: i32,
    #[prost(double, tag = "5")]
    pub(crate) zero_threshold: f64,
    #[prost(uint64, optional, tag = "6")]
    pub(crate) zero_count: Option<u64>,
    #[prost(message, repeated, tag = "8")]
    pub(crate) negative_spans: Vec<BucketSpan>,
    #[prost(sint64, repeated, tag = "9")]
    pub(crate) negative_deltas: Vec<i64>,
    #[prost(message, repeated, tag = "11")]
    pub(crate) positive_spans: Vec<BucketSpan>,
    #[prost(sint64, repeated, tag = "12")]
    pub(crate) positive_deltas: Vec<i64>,
    /// Milliseconds since 1970.
    #[prost(int64, tag = "15")]
    pub(crate) timestamp: i64,
}

/// Consecutive buckets.
#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct BucketSpan {
    /// For the first span, the index of its first bucket. For other spans, the number of empty buckets since the previous span.
    #[prost(sint32, tag = "1")]
    pub(crate) offset: i32,
    #[prost(uint32, tag = "2")]
    pub(crate) length: u32,
}
