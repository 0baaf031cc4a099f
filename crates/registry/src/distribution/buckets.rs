//! Counts of values in exponential buckets, for values of one sign. A bucket with index `i` contains the values greater than
//! `base^i`, up to and including `base^(i+1)`, where `base` is `2^(2^-scale)`. OTLP's exponential histograms and
//! Prometheus' native histograms use the same buckets. See
//! <https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram>.

use serde::{Deserialize, Serialize};

/// A bucket that is not empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(i32, u64)", into = "(i32, u64)")]
pub struct Bucket {
    /// The index. The bucket contains the values `v` with `base^index < v <= base^(index + 1)`.
    pub index: i32,
    /// The number of values.
    pub count: u64,
}

/// The buckets that are not empty, sorted by index.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Buckets(Vec<Bucket>);

impl Buckets {
    /// Adds values to a bucket.
    pub(super) fn add(&mut self, index: i32, count: u64) {
        match self.0.binary_search_by_key(&index, |bucket| bucket.index) {
            Ok(position) => self.0[position].count = self.0[position].count.saturating_add(count),
            Err(position) => self.0.insert(position, Bucket { index, count }),
        }
    }

    /// Adds the values of buckets of the same scale.
    pub(super) fn merge(&mut self, others: &Self) {
        let mut merged = Vec::with_capacity(self.0.len().max(others.0.len()));
        let (mut own, mut other) = (self.0.iter().peekable(), others.0.iter().peekable());
        while let Some(bucket) = match (own.peek(), other.peek()) {
            (Some(one), Some(two)) if one.index <= two.index => own.next(),
            (Some(_), None) => own.next(),
            _ => other.next(),
        } {
            push(&mut merged, *bucket);
        }
        self.0 = merged;
    }

    /// Halves the number of buckets of each power of two.
    pub(super) fn halve_resolution(&mut self) {
        let mut halved = Vec::with_capacity(self.0.len());
        for bucket in &self.0 {
            push(&mut halved, Bucket { index: bucket.index >> 1, ..*bucket });
        }
        self.0 = halved;
    }

    pub(super) fn as_slice(&self) -> &[Bucket] {
        &self.0
    }

    /// Whether each index is greater than the one before, so that the buckets can be searched.
    pub(super) fn are_sorted(&self) -> bool {
        self.0.is_sorted_by(|one, next| one.index < next.index)
    }
}

/// Appends a bucket. Its index must not be less than the last one's. If both are equal, the counts are added.
fn push(buckets: &mut Vec<Bucket>, bucket: Bucket) {
    match buckets.last_mut() {
        Some(last) if last.index == bucket.index => last.count = last.count.saturating_add(bucket.count),
        _ => buckets.push(bucket),
    }
}

impl From<(i32, u64)> for Bucket {
    fn from((index, count): (i32, u64)) -> Self {
        Self { index, count }
    }
}

impl From<Bucket> for (i32, u64) {
    fn from(Bucket { index, count }: Bucket) -> Self {
        (index, count)
    }
}
