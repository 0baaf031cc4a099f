//! The former key of a renamed metric. Under a new key, the metric's history would start again wherever its values
//! are stored. So for some time its values are also delivered under the former key, until everything that uses the
//! former key has been changed.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::{
    DayError, KeyError, check_key,
    day::{YEAR_10000, format_day},
};

/// A former key of a metric, and the day on which it expires.
///
/// ```
/// use std::time::Duration;
/// use system_health_rules::Alias;
///
/// let alias = Alias::new("commits.hotfixes", Duration::from_hours(24) * 20_849);
///
/// assert_eq!(alias.to_string(), "commits.hotfixes until 2027-01-31");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    key: String,
    until: Option<Duration>,
}

/// Why an alias was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AliasError {
    /// The former key is not a valid key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The text for the day on which the alias expires is not a day.
    #[error(transparent)]
    Until(#[from] DayError),
    /// The alias is the metric's current key.
    #[error("`{0}` is the metric's current key; an alias is a former key")]
    SameKey(String),
    /// The alias has no day on which it expires.
    #[error("an alias needs a day on which it expires; add an option such as `alias_until = \"2027-01-31\"`")]
    NoEnd,
    /// A day without an alias.
    #[error("there is no alias to expire; add an option such as `alias = \"commits.hotfixes\"`")]
    NoAlias,
}

impl Alias {
    /// An alias that expires at the start of a day, given as the time since 1970-01-01 00:00 UTC. The catalog refuses
    /// a time that is not the start of a day.
    #[must_use]
    pub fn new(key: impl Into<String>, until: Duration) -> Self {
        Self { key: key.into(), until: Some(until) }
    }

    /// An alias without its day of expiry. [`Facts::from_options`](crate::Facts::from_options) sets it afterwards.
    pub(crate) fn without_end(text: &str, current: &str) -> Result<Self, AliasError> {
        check_key(text)?;
        if text == current {
            return Err(AliasError::SameKey(text.to_owned()));
        }
        Ok(Self { key: text.to_owned(), until: None })
    }

    pub(crate) fn set_until(&mut self, until: Duration) {
        self.until = Some(until);
    }

    pub(crate) const fn has_end(&self) -> bool {
        self.until.is_some()
    }

    /// The former key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The time from which values are no longer delivered under the former key. At most the end of the year 9999, which is later
    /// than the days that the catalog accepts.
    #[must_use]
    pub fn until(&self) -> SystemTime {
        UNIX_EPOCH + self.until.unwrap_or_default().min(YEAR_10000)
    }

    /// The day on which the alias expires, in UTC, such as `2027-01-31`.
    #[must_use]
    pub fn until_day(&self) -> String {
        format_day(self.until.unwrap_or_default())
    }

    /// Whether values with this time are also delivered under the former key.
    #[must_use]
    pub fn is_active_at(&self, time: SystemTime) -> bool {
        time < self.until()
    }
}

impl fmt::Display for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} until {}", self.key, self.until_day())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_an_alias_is_limited() {
        assert_eq!(Alias::new("commits.hotfixes", Duration::MAX).until(), UNIX_EPOCH + YEAR_10000);
    }
}
