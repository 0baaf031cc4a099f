//! The types that can be the value of a sample. A collector can return them directly or make samples of them.

use std::time::Duration;

use crate::{IntoReading, Reading, Sample, Unavailable};

/// A number, or a type that is converted into a number.
///
/// | type | value |
/// |---|---|
/// | integers, floats | the number |
/// | `bool` | 1 or 0 |
/// | [`Duration`] | seconds |
///
/// Integers beyond 2⁵³ are rounded to the nearest `f64`, because metrics are stored as `f64`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of a sample",
    label = "a sample cannot have this value",
    note = "use a number, a bool or a Duration"
)]
pub trait SampleValue {
    /// The value. It may be NaN or infinite, but [`Sample::new`](crate::Sample::new) refuses such a value.
    fn into_f64(self) -> f64;
}

/// Implements both traits for each type. With a blanket implementation of [`IntoReading`], the compiler would no longer
/// say why a `Result` is not a reading.
macro_rules! sample_value {
    ($($number:ty: $convert:expr),* $(,)?) => {$(
        impl SampleValue for $number {
            fn into_f64(self) -> f64 {
                let convert: fn($number) -> f64 = $convert;
                convert(self)
            }
        }

        impl IntoReading for $number {
            fn into_reading(self) -> Result<Reading, Unavailable> {
                Sample::new(self)?.into_reading()
            }
        }
    )*};
}

sample_value! {
    f64: |number| number,
    f32: f64::from,
    bool: f64::from,
    u8: f64::from,
    u16: f64::from,
    u32: f64::from,
    i8: f64::from,
    i16: f64::from,
    i32: f64::from,
    Duration: |duration| duration.as_secs_f64(),
}

mod rounded {
    #![expect(clippy::cast_precision_loss, reason = "documented: integers beyond 2^53 are rounded")]

    use super::{IntoReading, Reading, Sample, SampleValue, Unavailable};

    sample_value! {
        u64: |number| number as f64,
        u128: |number| number as f64,
        usize: |number| number as f64,
        i64: |number| number as f64,
        i128: |number| number as f64,
        isize: |number| number as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "the conversions are exact")]
    fn values_are_converted_exactly() {
        assert_eq!((7_u64.into_f64(), (-3_i32).into_f64(), 0.5_f32.into_f64()), (7.0, -3.0, 0.5));
        assert_eq!((true.into_f64(), false.into_f64()), (1.0, 0.0));
        assert_eq!(Duration::from_millis(1500).into_f64(), 1.5);
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "rounding gives exactly 2^64")]
    fn a_large_integer_is_rounded() {
        assert_eq!(u64::MAX.into_f64(), 18_446_744_073_709_551_616.0);
    }
}
