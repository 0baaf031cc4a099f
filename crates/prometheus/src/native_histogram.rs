//! Native histograms (<https://prometheus.io/docs/specs/native_histograms/>). Their exponential buckets are those of a
//! distribution, so the counts are exact, unless the values are converted into another unit.

use std::collections::BTreeMap;

use system_health_registry::{Bucket, Distribution};

use crate::{
    protobuf::{BucketSpan, NativeHistogram},
    unit::Conversion,
};

/// The finest schema. Values that are converted have their buckets at this schema, so that the conversion adds at most 0.14 % to
/// the error.
const FINEST_SCHEMA: i32 = 8;

/// Counts by Prometheus' index of the bucket. The upper boundary of a bucket is `base^index`.
type Counts = BTreeMap<i32, u64>;

impl NativeHistogram {
    /// A histogram of a distribution, in base units.
    pub(crate) fn new(values: &Distribution, conversion: Conversion, timestamp: i64) -> Self {
        let (schema, zero, [negative, positive]) = match conversion {
            Conversion::Same => {
                let sides = [values.negative(), values.positive()].map(unconverted_buckets);
                (i32::from(values.scale()), values.zero_count(), sides)
            }
            Conversion::Times(_) | Conversion::Over(_) | Conversion::Fahrenheit => {
                let (zero, sides) = converted_buckets(values, conversion);
                (FINEST_SCHEMA, zero, sides)
            }
        };
        let (negative_spans, negative_deltas) = spans_and_deltas(&negative);
        let (positive_spans, positive_deltas) = spans_and_deltas(&positive);
        Self {
            count: Some(values.count()),
            sum: conversion.apply_to_sum(values.sum(), values.count()),
            schema,
            zero_threshold: 0.0,
            zero_count: Some(zero),
            negative_spans,
            negative_deltas,
            positive_spans,
            positive_deltas,
            timestamp,
        }
    }
}

fn unconverted_buckets(buckets: &[Bucket]) -> Counts {
    buckets.iter().map(|bucket| (bucket.index.saturating_add(1), bucket.count)).collect()
}

/// The number of zeros, and the counts of the negative and positive values.
fn converted_buckets(values: &Distribution, conversion: Conversion) -> (u64, [Counts; 2]) {
    let (mut zero, mut negative, mut positive) = (0_u64, Counts::new(), Counts::new());
    for (value, count) in values.values() {
        let value = conversion.apply(value);
        let total = if value == 0.0 {
            &mut zero
        } else {
            let side = if value < 0.0 { &mut negative } else { &mut positive };
            side.entry(bucket_index(value.abs())).or_default()
        };
        *total = total.saturating_add(count);
    }
    (zero, [negative, positive])
}

fn bucket_index(value: f64) -> i32 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "at most 256 times the 2,098 powers of two of a number"
    )]
    let index = (value.min(f64::MAX).log2() * f64::from(FINEST_SCHEMA).exp2()).ceil() as i32;
    index
}

/// The spans of consecutive buckets, and the differences between the counts of successive buckets.
fn spans_and_deltas(counts: &Counts) -> (Vec<BucketSpan>, Vec<i64>) {
    let (mut spans, mut deltas) = (Vec::<BucketSpan>::new(), Vec::with_capacity(counts.len()));
    let (mut next, mut previous) = (0_i32, 0_i64);
    for (&index, &count) in counts {
        match spans.last_mut() {
            Some(span) if index == next => span.length += 1,
            _ => spans.push(BucketSpan { offset: index.saturating_sub(next), length: 1 }),
        }
        next = index.saturating_add(1);
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        deltas.push(count - previous);
        previous = count;
    }
    (spans, deltas)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn native(values: &[f64], conversion: Conversion) -> NativeHistogram {
        NativeHistogram::new(&Distribution::from_values(values.iter().copied()).unwrap(), conversion, 5)
    }

    #[test]
    fn the_buckets_are_those_of_the_distribution() {
        let step = (1.0_f64 / 64.0).exp2();
        let found = native(&[1.0, 1.0, 1.0, step * 0.999, 4.0, 0.0, -2.0], Conversion::Same);

        assert_eq!((found.schema, found.count, found.zero_count, found.timestamp), (6, Some(7), Some(1), 5));
        let span = |offset, length| BucketSpan { offset, length };
        // 1 is the upper boundary of the bucket 0, and 4 that of the bucket 128.
        assert_eq!(found.positive_spans, [span(0, 2), span(126, 1)]);
        assert_eq!(found.positive_deltas, [3, -2, 0]);
        assert_eq!((found.negative_spans, found.negative_deltas), (vec![span(64, 1)], vec![1]));
    }

    #[test]
    fn converted_values_have_the_finest_buckets() {
        let found = native(&[2000.0, -2000.0, 0.0], Conversion::Over(1000.0));

        assert_eq!((found.schema, found.sum, found.zero_count), (8, 0.0, Some(1)));
        let upper = (f64::from(found.positive_spans[0].offset) / 256.0).exp2();
        assert!((upper / 2.0 - 1.0).abs() < 0.0082, "{upper}");
        assert_eq!(found.positive_spans, found.negative_spans);
    }
}
