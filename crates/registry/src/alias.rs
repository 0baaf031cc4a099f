//! A metric that gets another key would begin anew wherever its values are shown and watched. For a
//! while it is delivered under its former key, too, until all who use that one have moved.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

/// A former key of a metric, and the day on which it ends.
///
/// ```
/// use std::time::Duration;
/// use system_health_registry::Alias;
///
/// let alias = Alias::new("commits.hotfixes", Duration::from_hours(24) * 20_849);
///
/// assert_eq!(alias.to_string(), "commits.hotfixes until 2027-01-31");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    key: String,
    until: Duration,
}

impl Alias {
    /// Names a former key and the time from 1970-01-01 00:00 UTC until the day begins on which it ends.
    #[must_use]
    pub fn new(key: impl Into<String>, until: Duration) -> Self {
        Self { key: key.into(), until }
    }

    /// The former key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// When values are no longer delivered under the former key. The catalog refuses what is not the
    /// beginning of a day.
    #[must_use]
    pub fn until(&self) -> SystemTime {
        UNIX_EPOCH + self.until
    }

    /// The day that begins then, in UTC, such as `2027-01-31`.
    #[must_use]
    pub fn until_day(&self) -> String {
        let mut day = humantime::format_rfc3339_seconds(self.until()).to_string();
        day.truncate("2027-01-31".len());
        day
    }

    /// Whether values of this time are delivered under the former key, too.
    pub(crate) fn holds_at(&self, time: SystemTime) -> bool {
        time < self.until()
    }

    pub(crate) const fn until_since_1970(&self) -> Duration {
        self.until
    }
}

impl fmt::Display for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} until {}", self.key, self.until_day())
    }
}
