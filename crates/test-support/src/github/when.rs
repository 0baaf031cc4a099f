//! Times in tests, which are relative ("three days ago") or absolute.

use std::time::{Duration, SystemTime};

/// A point in time, relative to the fake's clock or absolute.
#[derive(Debug, Clone, Copy)]
pub(super) enum When {
    Ago(Duration),
    At(SystemTime),
}

impl When {
    /// The time in whole seconds, the precision of GitHub's API. An age counts from `now`.
    pub(super) fn resolve(self, now: SystemTime) -> SystemTime {
        let instant = match self {
            Self::Ago(age) => now.checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH),
            Self::At(instant) => instant,
        };
        let since_epoch = instant.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        SystemTime::UNIX_EPOCH + Duration::from_secs(since_epoch.as_secs())
    }
}

/// A time in the format of GitHub's API: `2025-04-01T12:00:00Z`.
pub(super) fn timestamp(instant: SystemTime) -> String {
    humantime::format_rfc3339_seconds(instant).to_string()
}
