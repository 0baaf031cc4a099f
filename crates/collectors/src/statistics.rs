//! Quantiles and ratios for metrics. Without values, neither exists: the result is no data, and never 0.

use system_health_registry::{Sample, SampleError, Unavailable};

/// The quantiles that metrics report: the value of the tag `quantile`, and the fraction for [`quantile`].
const QUANTILES: [(&str, f64); 3] = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)];

/// A quantile of sorted values: the smallest for the fraction 0, the median for 0.5, and the largest for 1. `None` if there are
/// no values. Between two values, it is interpolated linearly, as [`percentile_cont`] in SQL does.
///
/// [`percentile_cont`]: https://www.postgresql.org/docs/current/functions-aggregate.html#FUNCTIONS-ORDEREDSET-TABLE
pub(crate) fn quantile(sorted: &[f64], fraction: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    #[expect(clippy::cast_precision_loss, reason = "2^53 values do not fit into memory")]
    let position = last as f64 * fraction.clamp(0.0, 1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and `last`")]
    let below = position.floor() as usize;
    let (low, high) = (sorted[below], sorted[(below + 1).min(last)]);
    Some(low + (high - low) * position.fract())
}

/// The samples of a metric that reports quantiles, with the tag `quantile`. `what` names the values, such as
/// `merged pull requests`, in the reason for no data.
pub(crate) fn quantile_samples(mut values: Vec<f64>, what: &str) -> Result<Vec<Sample>, Unavailable> {
    values.sort_by(f64::total_cmp);
    let samples = QUANTILES.iter().filter_map(|(name, fraction)| {
        let value = quantile(&values, *fraction)?;
        Some(Sample::new(value).and_then(|sample| sample.with_tag("quantile", name)))
    });
    let samples = samples.collect::<Result<Vec<_>, SampleError>>()?;
    if samples.is_empty() { Err(no_values(what)) } else { Ok(samples) }
}

/// The share of a part in the whole. `what` names what is counted, such as `completed runs`, in the reason for no data.
#[cfg(feature = "github")]
pub(crate) fn ratio(part: usize, whole: usize, what: &str) -> Result<f64, Unavailable> {
    if whole == 0 {
        return Err(no_values(what));
    }
    #[expect(clippy::cast_precision_loss, reason = "2^53 values do not fit into memory")]
    let ratio = part as f64 / whole as f64;
    Ok(ratio)
}

fn no_values(what: &str) -> Unavailable {
    Unavailable::no_data(format!("there are no {what} in the window"))
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    #[test]
    fn quantiles_are_interpolated_between_values() {
        // As PostgreSQL computes them: select percentile_cont(array[0, 0.5, 0.9, 0.99, 1]) within group (order by x) from
        // (values (10), (20), (30), (40)) as t(x).
        let sorted = [10.0, 20.0, 30.0, 40.0];
        for (fraction, expected) in [(0.0, 10.0), (0.5, 25.0), (0.9, 37.0), (0.99, 39.7), (1.0, 40.0)] {
            let value = quantile(&sorted, fraction).unwrap();
            assert!((value - expected).abs() < 1e-9, "{fraction}: {value}");
        }
        assert_eq!(quantile(&[7.0], 0.99), Some(7.0));
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn the_samples_have_the_tag_quantile() {
        let samples = quantile_samples(vec![40.0, 10.0, 30.0, 20.0], "runs").unwrap();
        let shown: Vec<_> = samples
            .iter()
            .map(|sample| format!("{:.1} {}", sample.value(), sample.tags().iter().next().unwrap()))
            .collect();
        assert_eq!(shown, ["25.0 quantile:p50", "37.0 quantile:p90", "39.7 quantile:p99"]);
    }

    #[cfg(feature = "github")]
    #[test]
    fn without_values_there_is_no_data() {
        for unavailable in [quantile_samples(vec![], "runs").unwrap_err(), ratio(0, 0, "runs").unwrap_err()] {
            let Unavailable::NoData(no_data) = unavailable else { panic!("{unavailable:?}") };
            assert_eq!(no_data.to_string(), "there are no runs in the window");
        }
        assert!((ratio(1, 4, "runs").unwrap() - 0.25).abs() < f64::EPSILON);
    }

    proptest! {
        #[test]
        fn a_quantile_is_between_its_neighbours(mut values in vec(-1e9..1e9, 1..50), fraction in 0.0..=1.0) {
            values.sort_by(f64::total_cmp);
            let value = quantile(&values, fraction).unwrap();
            let float = |count: usize| f64::from(u32::try_from(count).unwrap());
            let below = float(values.iter().filter(|other| **other < value - 1e-6).count());
            let above = float(values.iter().filter(|other| **other > value + 1e-6).count());
            let last = float(values.len() - 1);
            prop_assert!(values[0] - 1e-6 <= value && value <= values[values.len() - 1] + 1e-6);
            // At most the values below the position are smaller, and at most those above it are larger.
            prop_assert!(below <= (last * fraction).floor() + 1.0);
            prop_assert!(above <= last - (last * fraction).floor());
        }
    }
}
