//! Readings, and the conversion of a collector's return value into a reading.

use crate::{__private::IntoUnavailable, ItemError, NoData, Sample, Unavailable, item_error::AllFailed};

/// The result of one collection of a metric: one or more samples, and the items that failed. Everything else is
/// [`Unavailable`].
#[derive(Debug, Clone)]
pub struct Reading {
    samples: Vec<Sample>,
    failures: Vec<ItemError>,
}

impl Reading {
    /// A reading of samples and failed items. A sample whose distribution is empty is left out, because it says nothing. Without
    /// samples, this is an error if items failed, and no data otherwise.
    pub fn new(mut samples: Vec<Sample>, failures: Vec<ItemError>) -> Result<Self, Unavailable> {
        samples.retain(|sample| sample.value().distribution().is_none_or(|values| !values.is_empty()));
        if !samples.is_empty() {
            return Ok(Self { samples, failures });
        }
        match AllFailed::new(failures) {
            Some(all) => Err(all.into()),
            None => Err(Unavailable::no_data("the collector returned no samples")),
        }
    }

    /// The same reading without evidence.
    pub(crate) fn without_evidence(self) -> Self {
        Self { samples: self.samples.into_iter().map(Sample::without_evidence).collect(), ..self }
    }

    /// The samples. There is at least one.
    #[must_use]
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// The items that failed.
    #[must_use]
    pub fn failed_items(&self) -> &[ItemError] {
        &self.failures
    }
}

/// The possible return types of a collector.
///
/// | type | reading |
/// |---|---|
/// | a [`SampleValue`](crate::SampleValue): integers, floats, `bool`, `Duration` | the number; NaN and infinities are errors |
/// | [`Distribution`](crate::Distribution) | a sample with these values; an empty distribution is no data |
/// | [`Sample`], `Vec<Sample>` | the samples without those whose distribution is empty; an empty list is no data |
/// | `Vec<Result<Sample, E>>` | the samples and the failed [items](ItemError); an error if all items failed |
/// | [`Reading`] | this reading |
/// | [`NoData`] | no data, with its reason and evidence |
/// | `Option<T>` | the reading of `T`; `None` is no data |
/// | `Result<T, E>` | the reading of `T`; `Err` is an error, or no data if it is [`Unavailable::NoData`] or [`NoData`] |
#[diagnostic::on_unimplemented(
    message = "a collector cannot return `{Self}`",
    label = "a collector cannot return this",
    note = "return a number, a bool, a Duration, a Sample, a Vec<Sample>, a Vec<Result<Sample, ItemError>> or a Reading, or an \
            Option or Result of one"
)]
pub trait IntoReading {
    /// Converts the return value into a reading.
    fn into_reading(self) -> Result<Reading, Unavailable>;
}

impl IntoReading for Reading {
    fn into_reading(self) -> Result<Reading, Unavailable> {
        Ok(self)
    }
}

impl IntoReading for NoData {
    fn into_reading(self) -> Result<Reading, Unavailable> {
        Err(self.into())
    }
}

impl IntoReading for Vec<Sample> {
    fn into_reading(self) -> Result<Reading, Unavailable> {
        Reading::new(self, Vec::new())
    }
}

impl<E: Into<ItemError>> IntoReading for Vec<Result<Sample, E>> {
    fn into_reading(self) -> Result<Reading, Unavailable> {
        let (mut samples, mut failures) = (Vec::with_capacity(self.len()), Vec::new());
        for item in self {
            match item {
                Ok(sample) => samples.push(sample),
                Err(error) => failures.push(error.into()),
            }
        }
        Reading::new(samples, failures)
    }
}

impl IntoReading for Sample {
    fn into_reading(self) -> Result<Reading, Unavailable> {
        Reading::new(vec![self], Vec::new())
    }
}

impl<T: IntoReading> IntoReading for Option<T> {
    fn into_reading(self) -> Result<Reading, Unavailable> {
        self.map_or_else(|| Err(Unavailable::no_data("the collector returned none")), T::into_reading)
    }
}

impl<T: IntoReading, E: IntoUnavailable> IntoReading for Result<T, E> {
    fn into_reading(self) -> Result<Reading, Unavailable> {
        self.map_err(E::into_unavailable)?.into_reading()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Distribution;

    fn value(reading: impl IntoReading) -> f64 {
        match reading.into_reading() {
            Ok(reading) => reading.samples()[0].value().number().unwrap(),
            Err(other) => panic!("expected a value, got {other:?}"),
        }
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "the conversions are exact")]
    fn numbers_are_samples() {
        assert_eq!(value(7_u64), 7.0);
        assert_eq!(value(-3_i32), -3.0);
        assert_eq!(value(true), 1.0);
        assert_eq!(value(false), 0.0);
        assert_eq!(value(Duration::from_millis(1500)), 1.5);
        assert_eq!(value(Some(2_u8)), 2.0);
        assert_eq!(value(Ok::<_, Unavailable>(0.5_f32)), 0.5);
    }

    #[test]
    fn a_missing_value_is_no_data_with_a_reason() {
        let reason = |reading: Result<Reading, Unavailable>| match reading {
            Err(Unavailable::NoData(no_data)) => no_data.reason().to_owned(),
            other => panic!("expected no data, got {other:?}"),
        };
        assert_eq!(reason(None::<f64>.into_reading()), "the collector returned none");
        assert_eq!(reason(Vec::<Sample>::new().into_reading()), "the collector returned no samples");
        assert_eq!(
            reason(Vec::<Result<Sample, ItemError>>::new().into_reading()),
            "the collector returned no samples"
        );
        assert_eq!(reason(NoData::new("not yet").into_reading()), "not yet");
        assert_eq!(
            reason(vec![Sample::from(Distribution::new())].into_reading()),
            "the collector returned no samples"
        );
    }

    #[test]
    fn a_sample_with_an_empty_distribution_is_left_out() {
        let samples =
            vec![Sample::from(Distribution::new()), Sample::from(Distribution::from_values([1.0]).unwrap())];

        assert_eq!(samples.into_reading().unwrap().samples().len(), 1);
    }

    #[test]
    fn a_failure_is_never_a_number() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(matches!(value.into_reading(), Err(Unavailable::Error(_))), "{value}");
        }
        let refused: Result<u64, std::fmt::Error> = Err(std::fmt::Error);
        assert!(matches!(refused.into_reading(), Err(Unavailable::Error(_))));
        let missing: Result<u64, Unavailable> = Err(Unavailable::no_data("cancelled"));
        assert!(
            matches!(missing.into_reading(), Err(Unavailable::NoData(no_data)) if no_data.reason() == "cancelled")
        );
    }

    #[test]
    fn a_reading_has_the_samples_and_the_failed_items() {
        let sample = || Sample::new(1.0).map_err(ItemError::new);
        let failed = |queue| Err(ItemError::new("connection refused").with_tag("queue", queue));

        let reading = vec![failed("mail"), sample(), failed("print")].into_reading().unwrap();

        assert_eq!(reading.samples().len(), 1);
        assert_eq!(reading.failed_items()[1].to_string(), "queue:print: connection refused");
        let all_failed: Result<Reading, Unavailable> = vec![failed("mail"), failed("print")].into_reading();
        assert!(matches!(all_failed, Err(Unavailable::Error(error))
            if error.to_string()
                == "2 items failed, and no other item has a value; the first failure: queue:mail: connection refused"));
        let only_one: Result<Reading, Unavailable> = vec![failed("mail")].into_reading();
        assert!(matches!(only_one, Err(Unavailable::Error(error))
            if error.to_string() == "queue:mail: connection refused"));
    }
}
