//! The unit of a metric: what its values count or measure.

/// Why a unit was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a unit must not be empty; write a unit such as \"commit\", or remove the option")]
pub struct UnitError;

/// Accepts a unit that is not blank.
pub fn check_unit(unit: &str) -> Result<(), UnitError> {
    if unit.trim().is_empty() { Err(UnitError) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_not_blank() {
        assert_eq!(check_unit("pull request"), Ok(()));
        assert_eq!((check_unit(""), check_unit(" \t")), (Err(UnitError), Err(UnitError)));
    }
}
