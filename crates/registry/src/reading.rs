//! What a collector may return, and how it becomes a reading.

use std::time::Duration;

use crate::{ItemError, NoData, Sample, Unavailable, item::AllFailed};

/// What one collection of a metric gave: one or more samples, and the items of which there is none because they
/// failed. Everything else is [`Unavailable`].
#[derive(Debug, Clone)]
pub struct Reading {
    samples: Vec<Sample>,
    failures: Vec<ItemError>,
}

impl Reading {
    /// Takes samples and failed items. Without samples there is no reading: it is an error if items failed, and no
    /// data otherwise.
    pub fn new(samples: Vec<Sample>, failures: Vec<ItemError>) -> Result<Self, Unavailable> {
        if !samples.is_empty() {
            return Ok(Self { samples, failures });
        }
        match AllFailed::new(&failures) {
            Some(all) => Err(all.into()),
            None => Err(Unavailable::no_data("the collector returned no samples")),
        }
    }

    /// The samples; at least one.
    #[must_use]
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// The items that failed.
    #[must_use]
    pub fn failures(&self) -> &[ItemError] {
        &self.failures
    }
}

/// What a collector may return.
///
/// | type | reading |
/// |---|---|
/// | integers, floats | the number; NaN and infinities are errors |
/// | `bool` | 1 or 0 |
/// | [`Duration`] | seconds |
/// | [`Sample`], `Vec<Sample>` | the samples; an empty list is no data |
/// | `Vec<Result<Sample, E>>` | the samples, and which [items](ItemError) failed; an error if all did |
/// | [`Reading`] | itself |
/// | [`NoData`] | no data, with its reason and evidence |
/// | `Option<T>` | `None` is no data |
/// | `Result<T, E>` | any error, or an [`Unavailable`] that is no data |
///
/// Integers beyond 2⁵³ are rounded to the nearest `f64`, which is what metrics are stored as.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no reading",
    label = "a collector cannot return this",
    note = "return a number, a bool, a Duration, a Sample, a Vec<Sample> or a Reading, or an Option or Result of one"
)]
pub trait IntoReading {
    /// Makes the reading.
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

impl IntoReading for f64 {
    fn into_reading(self) -> Result<Reading, Unavailable> {
        Sample::new(self)?.into_reading()
    }
}

impl IntoReading for Duration {
    fn into_reading(self) -> Result<Reading, Unavailable> {
        self.as_secs_f64().into_reading()
    }
}

impl<T: IntoReading> IntoReading for Option<T> {
    fn into_reading(self) -> Result<Reading, Unavailable> {
        self.map_or_else(|| Err(Unavailable::no_data("the collector returned none")), T::into_reading)
    }
}

impl<T: IntoReading, E: Into<Unavailable>> IntoReading for Result<T, E> {
    fn into_reading(self) -> Result<Reading, Unavailable> {
        self.map_err(E::into)?.into_reading()
    }
}

macro_rules! lossless {
    ($($number:ty),*) => {$(
        impl IntoReading for $number {
            fn into_reading(self) -> Result<Reading, Unavailable> {
                f64::from(self).into_reading()
            }
        }
    )*};
}
lossless!(bool, u8, u16, u32, i8, i16, i32, f32);

macro_rules! rounded {
    ($($number:ty),*) => {$(
        impl IntoReading for $number {
            #[expect(clippy::cast_precision_loss, reason = "documented: beyond 2^53 the nearest f64 is meant")]
            fn into_reading(self) -> Result<Reading, Unavailable> {
                (self as f64).into_reading()
            }
        }
    )*};
}
rounded!(u64, u128, usize, i64, i128, isize);

#[cfg(test)]
mod tests {
    use super::*;

    fn value(reading: impl IntoReading) -> f64 {
        match reading.into_reading() {
            Ok(reading) => reading.samples()[0].value(),
            Err(other) => panic!("expected a value, got {other:?}"),
        }
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "the conversions are exact")]
    fn numbers_are_taken_as_they_are() {
        assert_eq!(value(7_u64), 7.0);
        assert_eq!(value(-3_i32), -3.0);
        assert_eq!(value(true), 1.0);
        assert_eq!(value(false), 0.0);
        assert_eq!(value(Duration::from_millis(1500)), 1.5);
        assert_eq!(value(Some(2_u8)), 2.0);
        assert_eq!(value(Ok::<_, Unavailable>(0.5_f32)), 0.5);
    }

    #[test]
    fn nothing_is_no_data_with_a_reason() {
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
    }

    #[test]
    fn a_failure_is_never_a_number() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(matches!(value.into_reading(), Err(Unavailable::Error(_))), "{value}");
        }
        let refused: Result<u64, std::fmt::Error> = Err(std::fmt::Error);
        assert!(matches!(refused.into_reading(), Err(Unavailable::Error(_))));
        let silent: Result<u64, Unavailable> = Err(Unavailable::no_data("cancelled"));
        assert!(
            matches!(silent.into_reading(), Err(Unavailable::NoData(no_data)) if no_data.reason() == "cancelled")
        );
    }

    #[test]
    fn failed_items_stand_beside_the_samples_of_the_others() {
        let sample = || Sample::new(1.0).map_err(ItemError::new);
        let failed = |queue| Err(ItemError::new("connection refused").with_tag("queue", queue));

        let reading = vec![failed("mail"), sample(), failed("print")].into_reading().unwrap();

        assert_eq!(reading.samples().len(), 1);
        assert_eq!(reading.failures()[1].to_string(), "queue:print: connection refused");
        let all: Result<Reading, Unavailable> = vec![failed("mail"), failed("print")].into_reading();
        assert!(matches!(all, Err(Unavailable::Error(error))
            if error.to_string() == "all 2 items failed; the first one: queue:mail: connection refused"));
    }
}
