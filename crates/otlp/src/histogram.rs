//! Distributions as exponential histograms. Both have the same buckets: bucket `i` contains the values greater than `base^i`,
//! up to and including `base^(i+1)`. OTLP also lists the empty buckets between the others. See
//! <https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram>.

use system_health_registry::{Bucket, Distribution};

use crate::proto::{Buckets, ExponentialHistogramDataPoint};

/// Maximum number of buckets of one sign, including empty buckets. A distribution limits its own buckets, which are not empty, to
/// the same number. So usually only a distribution with large gaps loses resolution.
const MAX_BUCKETS: usize = 2048;

/// The histogram of a distribution, without attributes and times.
pub(crate) fn histogram(distribution: &Distribution) -> ExponentialHistogramDataPoint {
    let (positive, negative) = (distribution.positive(), distribution.negative());
    let halvings = halvings(positive).max(halvings(negative));
    ExponentialHistogramDataPoint {
        count: distribution.count(),
        // The protocol forbids a sum if values may be negative, because such a sum may also fall.
        sum: negative.is_empty().then_some(distribution.sum()),
        scale: i32::from(distribution.scale()) - halvings,
        zero_count: distribution.zero_count(),
        positive: dense(positive, halvings),
        negative: dense(negative, halvings),
        min: distribution.min(),
        max: distribution.max(),
        ..ExponentialHistogramDataPoint::default()
    }
}

/// Approximate size of the buckets in a request, in bytes: one for an empty bucket, and at most ten for any other.
pub(crate) fn estimated_size(distribution: &Distribution) -> usize {
    let size = |buckets: &[Bucket]| match buckets {
        [] => 0,
        [first, .., last] => width(first, last, halvings(buckets)) + 9 * buckets.len(),
        [_] => 10,
    };
    size(distribution.positive()) + size(distribution.negative())
}

/// How many times the resolution must be halved, so that there are at most [`MAX_BUCKETS`] buckets.
fn halvings(buckets: &[Bucket]) -> i32 {
    let [first, .., last] = buckets else { return 0 };
    (0..i32::BITS.cast_signed())
        .find(|halvings| width(first, last, *halvings) <= MAX_BUCKETS)
        .unwrap_or_default()
}

/// The number of buckets from the first to the last one.
fn width(first: &Bucket, last: &Bucket, halvings: i32) -> usize {
    let distance = i64::from(last.index >> halvings) - i64::from(first.index >> halvings);
    usize::try_from(distance).map_or(usize::MAX, |distance| distance + 1)
}

/// The counts from the first to the last bucket. `None` if there are no buckets.
fn dense(buckets: &[Bucket], halvings: i32) -> Option<Buckets> {
    let (first, last) = (buckets.first()?, buckets.last()?);
    let mut bucket_counts = vec![0_u64; width(first, last, halvings)];
    for bucket in buckets {
        if let Some(count) = bucket_counts.get_mut(width(first, bucket, halvings) - 1) {
            *count = count.saturating_add(bucket.count);
        }
    }
    Some(Buckets { offset: first.index >> halvings, bucket_counts })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The bounds and the count of each bucket that is not empty.
    fn bounds(buckets: Option<&Buckets>, scale: i32) -> Vec<(f64, f64, u64)> {
        let bound = |index: i32| (f64::from(index) * 2_f64.powi(-scale)).exp2();
        let counts = buckets.iter().flat_map(|buckets| {
            (buckets.offset..).zip(&buckets.bucket_counts).filter(|(_, count)| **count > 0)
        });
        counts.map(|(index, count)| (bound(index), bound(index + 1), *count)).collect()
    }

    #[test]
    fn gaps_become_empty_buckets() {
        let histogram = histogram(&Distribution::from_values([1.0, 2.0, 2.0, 0.0]).unwrap());

        // 64 buckets for each power of two. 1 and 2 are the upper bounds of their buckets.
        assert_eq!((histogram.scale, histogram.zero_count, histogram.count), (6, 1, 4));
        let positive = histogram.positive.unwrap();
        assert_eq!((positive.offset, positive.bucket_counts.len()), (-1, 65));
        assert_eq!((positive.bucket_counts[0], positive.bucket_counts[64]), (1, 2));
        assert_eq!(positive.bucket_counts.iter().sum::<u64>(), 3);
        assert_eq!((histogram.negative, histogram.sum), (None, Some(5.0)));
        assert_eq!((histogram.min, histogram.max), (Some(0.0), Some(2.0)));
    }

    #[test]
    fn there_is_no_sum_with_negative_values() {
        let histogram = histogram(&Distribution::from_values([-1.0, 2.0]).unwrap());

        assert_eq!((histogram.sum, histogram.min), (None, Some(-1.0)));
        assert_eq!(histogram.negative.unwrap().bucket_counts, [1]);
    }

    #[test]
    fn a_large_gap_reduces_the_resolution() {
        // 2^-40 and 2^40 are 80 powers of two apart: 5,121 buckets of scale 6, and 1,281 of scale 4.
        let histogram = histogram(&Distribution::from_values([-40_f64, 40.0].map(f64::exp2)).unwrap());

        assert_eq!(histogram.scale, 4);
        assert_eq!(histogram.positive.unwrap().bucket_counts.len(), 1281);
    }

    #[test]
    fn a_distribution_without_values_has_no_buckets() {
        let histogram = histogram(&Distribution::new());

        assert_eq!((histogram.count, histogram.positive, histogram.min), (0, None, None));
    }

    proptest! {
        #[test]
        fn each_value_is_in_its_bucket(values in prop::collection::vec(prop_oneof![-1e9..1e9, -1e-9..1e-9, Just(0.0)], 0..50)) {
            let histogram = histogram(&Distribution::from_values(values.iter().copied()).unwrap());

            for (buckets, sign) in [(&histogram.positive, 1.0), (&histogram.negative, -1.0)] {
                let buckets = bounds(buckets.as_ref(), histogram.scale);
                let magnitudes = || values.iter().map(|value| value * sign).filter(|value| *value > 0.0);
                prop_assert_eq!(buckets.iter().map(|(.., count)| count).sum::<u64>(), magnitudes().count() as u64);
                for (lower, upper, count) in buckets {
                    // The bounds are computed, so they have rounding errors.
                    let inside = magnitudes().filter(|value| {
                        *value > lower * (1.0 - 1e-12) && *value <= upper * (1.0 + 1e-12)
                    });
                    prop_assert!(inside.count() as u64 >= count);
                }
            }
            prop_assert_eq!(histogram.count, values.len() as u64);
        }
    }
}
