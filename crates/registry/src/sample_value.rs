//! What can be the value of a sample. Collectors that return a number and collectors that make samples accept the same
//! types.

use std::time::Duration;

/// A number, or something that is a number for a metric.
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
    /// The value. It may be NaN or infinite; [`Sample::new`](crate::Sample::new) refuses that.
    fn into_f64(self) -> f64;
}

impl SampleValue for f64 {
    fn into_f64(self) -> f64 {
        self
    }
}

impl SampleValue for Duration {
    fn into_f64(self) -> f64 {
        self.as_secs_f64()
    }
}

macro_rules! exact {
    ($($number:ty),*) => {$(
        impl SampleValue for $number {
            fn into_f64(self) -> f64 {
                f64::from(self)
            }
        }
    )*};
}
exact!(bool, u8, u16, u32, i8, i16, i32, f32);

macro_rules! rounded {
    ($($number:ty),*) => {$(
        impl SampleValue for $number {
            #[expect(clippy::cast_precision_loss, reason = "documented: integers beyond 2^53 are rounded")]
            fn into_f64(self) -> f64 {
                self as f64
            }
        }
    )*};
}
rounded!(u64, u128, usize, i64, i128, isize);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "the conversions are exact")]
    fn numbers_keep_their_value() {
        assert_eq!((7_u64.into_f64(), (-3_i32).into_f64(), 0.5_f32.into_f64()), (7.0, -3.0, 0.5));
        assert_eq!((true.into_f64(), false.into_f64()), (1.0, 0.0));
        assert_eq!(Duration::from_millis(1500).into_f64(), 1.5);
        assert_eq!(u64::MAX.into_f64(), 18_446_744_073_709_551_616.0);
    }
}
