//! Checks that samples fit the kind of their metric. A backend would misread a sample that does not fit.

use crate::{Kind, Sample, Value};

#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum KindMismatch {
    #[error(
        "the collector returned a number, but the metric is a distribution; return a `Distribution`, or change `kind`"
    )]
    Number,
    #[error("the collector returned a distribution, but the metric is a {0}; set `kind = \"distribution\"`")]
    Distribution(&'static str),
    #[error("a counter is a total since its start and cannot be negative, but the collector returned {0}")]
    NegativeTotal(f64),
    #[error("a gauge is a current value and has no start; remove `with_start`, or change `kind`")]
    GaugeStart,
}

/// Refuses a sample whose value or start does not fit the kind.
pub(crate) fn check_kind(kind: Kind, samples: &[Sample]) -> Result<(), KindMismatch> {
    samples.iter().try_for_each(|sample| match (kind, sample.value()) {
        (Kind::Distribution, Value::Number(_)) => Err(KindMismatch::Number),
        (Kind::Distribution, Value::Distribution(_)) => Ok(()),
        (_, Value::Distribution(_)) => Err(KindMismatch::Distribution(kind.name())),
        (Kind::Counter, Value::Number(total)) if *total < 0.0 => Err(KindMismatch::NegativeTotal(*total)),
        (Kind::Gauge, _) if sample.start().is_some() => Err(KindMismatch::GaugeStart),
        _ => Ok(()),
    })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::Distribution;

    #[test]
    fn samples_must_fit_the_kind() {
        let number = || Sample::new(-1.0).unwrap();
        let distribution = || Sample::from(Distribution::from_values([1.0]).unwrap());
        let started = || number().with_start(SystemTime::UNIX_EPOCH);
        let count = Kind::Count { interval: Duration::from_mins(15) };

        for (kind, sample, expected) in [
            (Kind::Gauge, number(), Ok(())),
            (count, started(), Ok(())),
            (Kind::Distribution, distribution(), Ok(())),
            (Kind::Distribution, number(), Err(KindMismatch::Number)),
            (count, distribution(), Err(KindMismatch::Distribution("count"))),
            (Kind::Counter, number(), Err(KindMismatch::NegativeTotal(-1.0))),
            (Kind::Gauge, started(), Err(KindMismatch::GaugeStart)),
        ] {
            assert_eq!(check_kind(kind, std::slice::from_ref(&sample)), expected, "{kind} {sample:?}");
        }
    }
}
