//! A mergeable summary of many values, from which quantiles are computed.

use std::{fmt, iter};

use serde::{Deserialize, Serialize};

use super::{Bucket, buckets::Buckets};
use crate::{IntoReading, Reading, Sample, SampleError, SampleValue, Unavailable};

/// The scale of a new distribution: each power of two has 2^6 = 64 buckets, so the relative error is 0.54 %.
const FINEST_SCALE: u8 = 6;

/// The maximum number of buckets, unless each bucket is as wide as a power of two. At the finest scale, that is enough for every
/// value between 1 ns and 4 s.
const MAX_BUCKETS: usize = 2048;

/// Many values of one series, such as the durations of all requests. A collector of a metric of the kind `distribution` returns
/// this type.
///
/// The values are counted in exponential buckets, so the size is bounded (66 KiB), and two distributions can be merged.
/// If no value is negative, or none is positive, a quantile has a relative error of at most 0.54 %. Whenever the values fill more
/// than 2,048 buckets, this [error](Self::relative_error) doubles, first to 1.08 %. Positive values do so only in a range of
/// more than nine powers of ten. The count, the sum, the minimum and the maximum are those of the values themselves.
///
/// ```
/// use system_health_registry::{Distribution, SampleError, system_health_metric};
///
/// /// Durations of the builds of today.
/// #[system_health_metric(key = "builds.duration", kind = "distribution", unit = "second")]
/// fn build_durations() -> Result<Distribution, SampleError> {
///     Distribution::from_values([71.5, 64.0, 80.25])
/// }
/// # assert_eq!(build_durations().unwrap().quantile(0.0), Some(64.0));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct Distribution(Parts);

/// The stored form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Parts {
    scale: u8,
    count: u64,
    sum: f64,
    min: f64,
    max: f64,
    zero: u64,
    positive: Buckets,
    negative: Buckets,
}

impl Distribution {
    /// A distribution without values.
    #[must_use]
    pub fn new() -> Self {
        Self(Parts {
            scale: FINEST_SCALE,
            count: 0,
            sum: 0.0,
            min: 0.0,
            max: 0.0,
            zero: 0,
            positive: Buckets::default(),
            negative: Buckets::default(),
        })
    }

    /// The distribution of some values. Fails if one of them is NaN or infinite.
    pub fn from_values(values: impl IntoIterator<Item = impl SampleValue>) -> Result<Self, SampleError> {
        let mut distribution = Self::new();
        values.into_iter().try_for_each(|value| distribution.record(value))?;
        Ok(distribution)
    }

    /// Adds a value. Fails if it is NaN or infinite.
    pub fn record(&mut self, value: impl SampleValue) -> Result<(), SampleError> {
        self.record_many(value, 1)
    }

    /// Adds the same value `count` times. Fails if it is NaN or infinite.
    pub fn record_many(&mut self, value: impl SampleValue, count: u64) -> Result<(), SampleError> {
        let value = value.into_f64();
        if !value.is_finite() {
            return Err(SampleError::NotFinite(value));
        }
        if count == 0 {
            return Ok(());
        }
        self.extend_range(value, value);
        let parts = &mut self.0;
        parts.count = parts.count.saturating_add(count);
        #[expect(clippy::cast_precision_loss, reason = "a sum of more than 2^53 values is rounded anyway")]
        let added = value * count as f64;
        parts.sum = (parts.sum + added).clamp(f64::MIN, f64::MAX);
        if value == 0.0 {
            parts.zero = parts.zero.saturating_add(count);
            return Ok(());
        }
        let buckets = if value > 0.0 { &mut parts.positive } else { &mut parts.negative };
        buckets.add(bucket_index(value.abs(), parts.scale), count);
        self.limit_buckets();
        Ok(())
    }

    /// Adds all values of another distribution.
    pub fn merge(&mut self, other: &Self) {
        if other.is_empty() {
            return;
        }
        self.extend_range(other.0.min, other.0.max);
        let mut other = other.clone();
        while self.0.scale > other.0.scale {
            self.halve_resolution();
        }
        while other.0.scale > self.0.scale {
            other.halve_resolution();
        }
        let (parts, other) = (&mut self.0, other.0);
        parts.count = parts.count.saturating_add(other.count);
        parts.sum = (parts.sum + other.sum).clamp(f64::MIN, f64::MAX);
        parts.zero = parts.zero.saturating_add(other.zero);
        parts.positive.merge(&other.positive);
        parts.negative.merge(&other.negative);
        self.limit_buckets();
    }

    /// Whether there are no values.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.count == 0
    }

    /// The number of values.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.0.count
    }

    /// The sum of the values. It is always finite: a sum outside the range of `f64` is limited to this range.
    #[must_use]
    pub const fn sum(&self) -> f64 {
        self.0.sum
    }

    /// The least value.
    #[must_use]
    pub fn min(&self) -> Option<f64> {
        (!self.is_empty()).then_some(self.0.min)
    }

    /// The greatest value.
    #[must_use]
    pub fn max(&self) -> Option<f64> {
        (!self.is_empty()).then_some(self.0.max)
    }

    /// The value at a quantile from 0 to 1, such as 0.99. As in SQL's `percentile_cont`, a quantile between two values is
    /// interpolated. `None` if there are no values, or if `quantile` is not between 0 and 1.
    #[must_use]
    pub fn quantile(&self, quantile: f64) -> Option<f64> {
        if self.is_empty() || !(0.0..=1.0).contains(&quantile) {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "ranks beyond 2^53 may be rounded")]
        let rank = quantile * (self.0.count - 1) as f64;
        let (below, above) = (self.value_at(rank.floor()), self.value_at(rank.ceil()));
        let (difference, fraction) = (above - below, rank.fract());
        // The difference of two very large numbers may be infinite.
        let weighted = below * (1.0 - fraction) + above * fraction;
        Some(if difference.is_finite() { below + difference * fraction } else { weighted })
    }

    /// The values in ascending order, each with its count. All values of a bucket are given as one value, whose relative
    /// error is at most the [`relative_error`](Self::relative_error).
    pub fn values(&self) -> impl Iterator<Item = (f64, u64)> {
        let Parts { scale, min, max, zero, positive, negative, .. } = &self.0;
        let magnitude = |bucket: &Bucket| middle(bucket.index, *scale);
        let below = negative.as_slice().iter().rev().map(move |bucket| (-magnitude(bucket), bucket.count));
        let zero = (*zero > 0).then_some((0.0, *zero));
        let above = positive.as_slice().iter().map(move |bucket| (magnitude(bucket), bucket.count));
        below.chain(zero).chain(above).map(|(value, count)| (value.clamp(*min, *max), count))
    }

    /// The maximum relative error of the [`values`](Self::values), and of a quantile that is not between a negative and a positive
    /// value.
    #[must_use]
    pub fn relative_error(&self) -> f64 {
        let base = base(self.0.scale);
        (base - 1.0) / (base + 1.0)
    }

    /// The scale of the buckets: each power of two has `2^scale` buckets.
    #[must_use]
    pub const fn scale(&self) -> u8 {
        self.0.scale
    }

    /// The number of values that are zero. They are in no bucket.
    #[must_use]
    pub const fn zero_count(&self) -> u64 {
        self.0.zero
    }

    /// The buckets of the positive values, sorted by index.
    #[must_use]
    pub fn positive(&self) -> &[Bucket] {
        self.0.positive.as_slice()
    }

    /// The buckets of the absolute values of the negative values, sorted by index.
    #[must_use]
    pub fn negative(&self) -> &[Bucket] {
        self.0.negative.as_slice()
    }

    /// The value with a rank, where the least value has rank 0.
    fn value_at(&self, rank: f64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "ranks beyond 2^53 may be rounded")]
        let last = (self.0.count - 1) as f64;
        // The least and the greatest value are known exactly.
        if rank <= 0.0 {
            return self.0.min;
        }
        if rank >= last {
            return self.0.max;
        }
        let mut counted = 0_u64;
        let found = self.values().find(|(_, count)| {
            counted = counted.saturating_add(*count);
            #[expect(clippy::cast_precision_loss, reason = "ranks beyond 2^53 may be rounded")]
            let counted = counted as f64;
            counted > rank
        });
        found.map_or(self.0.max, |(value, _)| value)
    }

    fn extend_range(&mut self, min: f64, max: f64) {
        let is_empty = self.is_empty();
        let parts = &mut self.0;
        parts.min = if is_empty { min } else { parts.min.min(min) };
        parts.max = if is_empty { max } else { parts.max.max(max) };
    }

    /// Makes the buckets wider as long as there are more than `MAX_BUCKETS`, down to one bucket for each power of two.
    fn limit_buckets(&mut self) {
        while self.positive().len() + self.negative().len() > MAX_BUCKETS && self.0.scale > 0 {
            self.halve_resolution();
        }
    }

    fn halve_resolution(&mut self) {
        self.0.scale -= 1;
        self.0.positive.halve_resolution();
        self.0.negative.halve_resolution();
    }
}

impl Default for Distribution {
    fn default() -> Self {
        Self::new()
    }
}

/// The number of values and some quantiles, such as `120 values, p50 0.031, p99 1.2`.
impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = if self.count() == 1 { "value" } else { "values" };
        write!(f, "{} {values}", self.count())?;
        for (name, quantile) in [("p50", 0.5), ("p99", 0.99)] {
            if let Some(value) = self.quantile(quantile) {
                // More than three digits would not be exact.
                write!(f, ", {name} {}", rounded(value, 3))?;
            }
        }
        Ok(())
    }
}

impl IntoReading for Distribution {
    fn into_reading(self) -> Result<Reading, Unavailable> {
        if self.is_empty() {
            return Err(Unavailable::no_data("the distribution has no values"));
        }
        Sample::from(self).into_reading()
    }
}

impl TryFrom<Parts> for Distribution {
    type Error = &'static str;

    /// Checks a stored distribution, so that a damaged one is an error and not a wrong value.
    fn try_from(parts: Parts) -> Result<Self, &'static str> {
        let finite = [parts.sum, parts.min, parts.max].iter().all(|number| number.is_finite());
        let buckets = [&parts.positive, &parts.negative];
        let counts = buckets.iter().flat_map(|buckets| buckets.as_slice()).map(|bucket| bucket.count);
        let count = counts.chain(iter::once(parts.zero)).fold(0, u64::saturating_add);
        let sorted = buckets.iter().all(|buckets| buckets.are_sorted());
        // The buckets of the least and of the greatest positive `f64`. A finer scale is refused anyway.
        let scale = parts.scale.min(FINEST_SCALE);
        let indexes = bucket_index(f64::from_bits(1), scale)..=bucket_index(f64::MAX, scale);
        let is_possible = |bucket: &Bucket| indexes.contains(&bucket.index);
        let possible = buckets.iter().flat_map(|buckets| buckets.as_slice()).all(is_possible);
        let ordered = parts.min <= parts.max;
        if !finite || !ordered || !sorted || !possible || count != parts.count || parts.scale > FINEST_SCALE {
            return Err("the parts of the distribution contradict each other");
        }
        Ok(Self(parts))
    }
}

impl From<Distribution> for Parts {
    fn from(distribution: Distribution) -> Self {
        distribution.0
    }
}

/// A number, rounded to some significant digits.
fn rounded(number: f64, digits: usize) -> f64 {
    // The formatter rounds the number.
    format!("{number:.*e}", digits.saturating_sub(1)).parse().unwrap_or(number)
}

/// The ratio of the bounds of a bucket.
fn base(scale: u8) -> f64 {
    (-f64::from(scale)).exp2().exp2()
}

/// The index of the bucket that contains a positive value.
fn bucket_index(value: f64, scale: u8) -> i32 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "an `f64` has 2,098 powers of two with at most 64 buckets each"
    )]
    let upper = (value.log2() * f64::from(1_u32 << scale)).ceil() as i32;
    upper - 1
}

/// The value that stands for all values of a bucket. Its relative error is the same at both bounds of the bucket, so the greatest
/// error is as small as possible.
fn middle(index: i32, scale: u8) -> f64 {
    let base = base(scale);
    // The lower bound of the lowest bucket is less than the least positive `f64`, so the upper bound is used.
    let upper = (f64::from(index + 1) / f64::from(1_u32 << scale)).exp2();
    (upper * (2.0 / (base + 1.0))).min(f64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn from_values(values: &[f64]) -> Distribution {
        Distribution::from_values(values.iter().copied()).unwrap()
    }

    /// The definition of `percentile_cont`.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "small numbers"
    )]
    fn exact(values: &[f64], quantile: f64) -> f64 {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let rank = quantile * (sorted.len() - 1) as f64;
        let (below, above) = (sorted[rank.floor() as usize], sorted[rank.ceil() as usize]);
        below + (above - below) * rank.fract()
    }

    fn is_close(estimate: f64, exact: f64, error: f64) -> bool {
        (estimate - exact).abs() <= exact.abs() * error + f64::MIN_POSITIVE
    }

    #[test]
    fn count_sum_minimum_and_maximum_are_those_of_the_values() {
        let distribution = from_values(&[3.5, -2.0, 0.0, 8.25]);

        assert_eq!((distribution.count(), distribution.sum()), (4, 9.75));
        assert_eq!((distribution.min(), distribution.max()), (Some(-2.0), Some(8.25)));
        assert_eq!((distribution.quantile(0.0), distribution.quantile(1.0)), (Some(-2.0), Some(8.25)));
        assert_eq!(distribution.zero_count(), 1);
    }

    #[test]
    fn a_distribution_without_values_has_no_quantiles_and_is_no_data() {
        let empty = Distribution::new();

        assert_eq!((empty.quantile(0.5), empty.min(), empty.max()), (None, None, None));
        assert!(matches!(empty.into_reading(), Err(Unavailable::NoData(_))));
        assert_eq!(from_values(&[1.0]).quantile(1.5), None);
        assert_eq!(from_values(&[1.0]).quantile(f64::NAN), None);
    }

    #[test]
    fn values_that_are_not_finite_are_refused_and_change_nothing() {
        let mut distribution = from_values(&[1.0]);
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(distribution.record(value).is_err());
        }
        assert_eq!(distribution, from_values(&[1.0]));
    }

    #[test]
    fn a_bucket_contains_its_upper_bound() {
        let index = |value: f64| from_values(&[value]).positive()[0].index;
        assert_eq!((index(1.0), index(1.001), index(2.0), index(2.001)), (-1, 0, 63, 64));
    }

    #[test]
    fn extreme_values_stay_finite() {
        let mut distribution = from_values(&[f64::MAX, f64::MAX, f64::MIN_POSITIVE, 5e-324, f64::MIN]);
        distribution.merge(&distribution.clone());

        assert_eq!(distribution.count(), 10);
        assert!(distribution.sum().is_finite());
        assert!(distribution.values().all(|(value, _)| value.is_finite()));
        assert_eq!(
            (distribution.quantile(0.0), distribution.quantile(1.0)),
            (Some(f64::MIN), Some(f64::MAX))
        );
        assert_eq!(from_values(&[f64::MIN, f64::MAX]).quantile(0.5), Some(0.0));
        let stored = serde_json::to_value(&distribution).unwrap();
        assert!(serde_json::from_value::<Distribution>(stored).is_ok(), "every bucket is possible");
    }

    #[test]
    fn more_buckets_than_the_maximum_double_the_error() {
        let mut distribution = Distribution::new();
        let values: Vec<f64> = (0..4000).map(|step| (f64::from(step) / 64.0).exp2()).collect();
        for value in &values {
            distribution.record(*value).unwrap();
        }

        assert!(distribution.positive().len() <= MAX_BUCKETS);
        assert!(distribution.relative_error() < 0.011);
        let median = distribution.quantile(0.5).unwrap();
        assert!(is_close(median, exact(&values, 0.5), distribution.relative_error()), "{median}");
    }

    #[test]
    fn a_contradictory_stored_distribution_is_refused() {
        let stored = serde_json::to_value(from_values(&[1.0, 2.0])).unwrap();
        for (name, wrong) in [
            ("count", 7.into()),
            ("scale", 9.into()),
            ("scale", 255.into()),
            ("min", 2.5.into()),
            ("positive", serde_json::json!([[5, 1], [4, 1]])),
            ("positive", serde_json::json!([[5, 1], [i32::MAX, 1]])),
            ("positive", serde_json::json!([[i32::MIN, 1], [5, 1]])),
        ] {
            let mut damaged = stored.clone();
            damaged[name] = wrong;
            assert!(serde_json::from_value::<Distribution>(damaged).is_err(), "{name}");
        }
    }

    fn value() -> impl Strategy<Value = f64> {
        prop_oneof![3 => 1e-3..1e4, 1 => -1e4..-1e-3, 1 => Just(0.0)]
    }

    proptest! {
        #[test]
        fn quantiles_are_within_0_55_percent(values in prop::collection::vec(1e-3..1e6_f64, 1..300), quantile in 0.0..=1.0) {
            let estimate = from_values(&values).quantile(quantile).unwrap();
            prop_assert!(is_close(estimate, exact(&values, quantile), 0.0055), "{estimate}");
        }

        #[test]
        fn merging_two_distributions_gives_the_distribution_of_all_values(
            one in prop::collection::vec(value(), 0..100),
            two in prop::collection::vec(value(), 0..100),
        ) {
            let mut merged = from_values(&one);
            merged.merge(&from_values(&two));
            let all = from_values(&[one, two].concat());

            prop_assert!(is_close(merged.sum(), all.sum(), 1e-9) || (merged.sum() - all.sum()).abs() < 1e-6);
            prop_assert_eq!(merged.values().collect::<Vec<_>>(), all.values().collect::<Vec<_>>());
            prop_assert_eq!((merged.min(), merged.max()), (all.min(), all.max()));
        }

        #[test]
        fn a_stored_distribution_is_read_back(values in prop::collection::vec(value(), 0..100)) {
            let distribution = from_values(&values);
            let stored = serde_json::to_string(&distribution).unwrap();
            let read = serde_json::from_str::<Distribution>(&stored).unwrap();
            prop_assert_eq!((read.positive(), read.negative()), (distribution.positive(), distribution.negative()));
            // Reading JSON may change the last digit of a number.
            let numbers = |values: &Distribution| {
                [Some(values.sum()), values.min(), values.max()].map(Option::unwrap_or_default)
            };
            for (read, written) in numbers(&read).into_iter().zip(numbers(&distribution)) {
                prop_assert!(is_close(read, written, 1e-15), "{read} {written}");
            }
        }
    }
}
