//! Classic histograms (<https://prometheus.io/docs/concepts/metric_types/#histogram>), for the places that accept only text.
//! The boundaries are those of exponential buckets, so they are the same in each run.

use system_health_registry::{Bucket, Distribution};

use crate::unit::Conversion;

/// Maximum number of finite boundaries. Each is a series in Prometheus.
const MAX_BOUNDARIES: i64 = 160;

/// The finest scale: 8 boundaries for each power of two. The upper bound of a bucket is 9 % above the lower one.
const FINEST_SCALE: i32 = 3;

/// The coarsest scale. With it, there are fewer than 70 boundaries for all finite numbers together.
const COARSEST_SCALE: i32 = -6;

/// A histogram in base units.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Histogram {
    /// Boundaries in ascending order, each with the number of values that are not greater.
    pub(crate) buckets: Vec<(f64, u64)>,
    pub(crate) count: u64,
    pub(crate) sum: f64,
}

impl Histogram {
    /// Counts the values of a distribution up to each boundary.
    pub(crate) fn new(values: &Distribution, conversion: Conversion) -> Self {
        let finest = i32::from(values.scale()).min(FINEST_SCALE);
        let scale = (COARSEST_SCALE..=finest)
            .rev()
            .find(|scale| boundary_count(values, *scale) <= MAX_BOUNDARIES)
            .unwrap_or(COARSEST_SCALE);
        let shift = i32::from(values.scale()) - scale;
        let mut buckets = Vec::new();
        let mut below = 0_u64;
        for (index, count) in dense(values.negative(), shift).into_iter().rev() {
            push(&mut buckets, negative_boundary(index + 1, scale), below);
            below = below.saturating_add(count);
            push(&mut buckets, negative_boundary(index, scale), below);
        }
        below = below.saturating_add(values.zero_count());
        if below > 0 {
            push(&mut buckets, 0.0, below);
        }
        for (index, count) in dense(values.positive(), shift) {
            push(&mut buckets, boundary(index, scale), below);
            below = below.saturating_add(count);
            push(&mut buckets, boundary(index + 1, scale), below);
        }
        let mut converted = Vec::with_capacity(buckets.len());
        for (boundary, count) in buckets {
            // Different boundaries may become equal, for example near 0 °F. Equal boundaries would be the same series twice.
            push(&mut converted, conversion.apply(boundary), count);
        }
        // A boundary beyond the largest number would be `+Inf`, which is always written.
        converted.retain(|(boundary, _)| boundary.is_finite());
        Self {
            buckets: converted,
            count: values.count(),
            sum: conversion.apply_to_sum(values.sum(), values.count()),
        }
    }
}

/// Appends a boundary. The upper boundary of a bucket is the lower one of the next bucket, and is written once.
fn push(buckets: &mut Vec<(f64, u64)>, boundary: f64, count: u64) {
    match buckets.last_mut() {
        Some((last, total)) if last.total_cmp(&boundary).is_eq() => *total = count,
        _ => buckets.push((boundary, count)),
    }
}

/// The number of boundaries at a scale.
fn boundary_count(values: &Distribution, scale: i32) -> i64 {
    let shift = i32::from(values.scale()) - scale;
    let side = |buckets: &[Bucket]| match (buckets.first(), buckets.last()) {
        (Some(first), Some(last)) => i64::from((last.index >> shift) - (first.index >> shift)) + 2,
        _ => 0,
    };
    // One more boundary is for zero.
    side(values.positive()) + side(values.negative()) + 1
}

/// The counts of all buckets at a coarser scale, from the first to the last bucket that is not empty.
fn dense(buckets: &[Bucket], shift: i32) -> Vec<(i32, u64)> {
    let mut dense = Vec::<(i32, u64)>::new();
    for bucket in buckets {
        let index = bucket.index >> shift;
        while let Some((last, _)) = dense.last().copied().filter(|(last, _)| *last < index) {
            dense.push((last + 1, 0));
        }
        match dense.last_mut() {
            Some((_, count)) => *count = count.saturating_add(bucket.count),
            None => dense.push((index, bucket.count)),
        }
    }
    dense
}

/// The lower boundary of a bucket.
fn boundary(index: i32, scale: i32) -> f64 {
    (f64::from(index) * f64::from(-scale).exp2()).exp2()
}

/// A boundary of negative values. A bucket of a distribution contains the absolute values up to and including its upper boundary.
/// A bucket of a histogram contains its upper boundary, too. So the boundary of negative values is the next smaller number.
fn negative_boundary(index: i32, scale: i32) -> f64 {
    (-boundary(index, scale)).next_down()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn histogram(values: &[f64], conversion: Conversion) -> Histogram {
        Histogram::new(&Distribution::from_values(values.iter().copied()).unwrap(), conversion)
    }

    #[test]
    fn values_are_counted_up_to_each_boundary() {
        let found = histogram(&[0.9, 1.0, 1.0, 1.1], Conversion::Same);
        let rounded: Vec<_> = found.buckets.iter().map(|(at, count)| (format!("{at:.4}"), *count)).collect();
        let expected = [("0.8409", 0), ("0.9170", 1), ("1.0000", 3), ("1.0905", 3), ("1.1892", 4)];
        assert_eq!(rounded, expected.map(|(at, count)| (at.to_owned(), count)));
        assert_eq!((found.count, found.sum), (4, 4.0));
    }

    #[test]
    fn there_is_a_boundary_zero_if_a_value_is_zero() {
        assert_eq!(histogram(&[0.0, 0.0], Conversion::Same).buckets, [(0.0, 2)]);
        assert_eq!(histogram(&[], Conversion::Same).buckets, []);
    }

    #[test]
    fn boundaries_and_sums_are_converted() {
        let found = histogram(&[1000.0, 1024.0], Conversion::Over(1000.0));
        assert_eq!(found.buckets.last(), Some(&(1.024, 2)));
        assert_eq!(found.sum.to_string(), "2.024");
        let found = histogram(&[32.0, 212.0], Conversion::Fahrenheit);
        assert_eq!((found.sum, found.count), (100.0, 2));
    }

    #[test]
    fn boundaries_that_the_conversion_makes_equal_are_written_once() {
        let found = histogram(&[1e-20, 70.0], Conversion::Fahrenheit);
        assert!(found.buckets.is_sorted_by(|one, next| one.0 < next.0), "{found:?}");
        assert_eq!(found.buckets.last().map(|(_, count)| *count), Some(2));
    }

    #[test]
    fn the_number_of_boundaries_is_bounded() {
        for values in [&[1e-300, 1e300][..], &[5e-324, f64::MAX, -5e-324, -f64::MAX], &[1e-9, 4.0]] {
            let found = histogram(values, Conversion::Same);
            assert!(found.buckets.len() <= 160, "{values:?}: {}", found.buckets.len());
        }
    }

    #[test]
    fn boundaries_of_a_coarser_scale_are_also_those_of_a_finer_one() {
        let finer = histogram(&[1e-3, 10.0], Conversion::Same).buckets;
        let coarser = histogram(&[1e-9, 1e9], Conversion::Same).buckets;
        let within = |boundary: f64| (2e-3..9.0).contains(&boundary);
        let coarser: Vec<f64> = coarser.iter().map(|(at, _)| *at).filter(|at| within(*at)).collect();
        assert!(coarser.len() > 10);
        assert!(coarser.iter().all(|at| finer.iter().any(|(finer, _)| finer.total_cmp(at).is_eq())));
    }

    proptest! {
        #[test]
        fn each_boundary_has_the_number_of_values_that_are_not_greater(
            values in prop::collection::vec(-20_i16..20, 0..50),
            factor in prop::sample::select(vec![1.0, 0.5, 1e-3, 7.25]),
        ) {
            let values: Vec<f64> = values.into_iter().map(|value| f64::from(value) * factor).collect();
            let found = histogram(&values, Conversion::Same);
            for (boundary, count) in &found.buckets {
                let expected = values.iter().filter(|value| *value <= boundary).count() as u64;
                // A value next to a boundary may be counted in the neighbouring bucket, because a logarithm is rounded.
                let near = values.iter().filter(|value| (*value - boundary).abs() <= 1e-12 * boundary.abs()).count() as u64;
                prop_assert!(count.abs_diff(expected) <= if is_power_of_two(*boundary) { 0 } else { near },
                    "{boundary}: {count}, not {expected}");
            }
            prop_assert!(found.buckets.is_sorted_by(|one, next| one.0 < next.0 && one.1 <= next.1));
            prop_assert!(found.buckets.last().is_none_or(|(_, count)| *count == found.count));
        }
    }

    fn is_power_of_two(number: f64) -> bool {
        number.abs().log2().fract() == 0.0
    }
}
