//! How many requests a collection makes.

/// Why a number of requests was refused.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("`{0}` is not a number of requests; write 0 or more, such as 2")]
pub struct RequestsError(f64);

/// Refuses negative numbers, infinities and NaN. A fraction is accepted, because the number may be an average.
pub(crate) fn check_requests(requests: f64) -> Result<(), RequestsError> {
    if requests.is_finite() && requests >= 0.0 { Ok(()) } else { Err(RequestsError(requests)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_finite_numbers_from_0_are_accepted() {
        for valid in [0.0, 0.5, 2.0] {
            assert_eq!(check_requests(valid), Ok(()));
        }
        for invalid in [-1.0, f64::INFINITY, f64::NAN] {
            assert!(check_requests(invalid).is_err(), "{invalid}");
        }
    }
}
