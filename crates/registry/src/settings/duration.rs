//! Durations in settings, such as `30s` or `7d`.

use std::{fmt, time::Duration};

use serde::{
    Deserializer,
    de::{Error, Visitor},
};

/// Reads the time between two runs of a service, for `#[serde(deserialize_with = "...")]`: whole seconds, at least 10. Any
/// other [`Duration`] needs no function.
pub fn deserialize_every<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    deserializer.deserialize_str(DurationVisitor(crate::parse_every))
}

/// Whether a struct is serde's form of a [`Duration`].
pub(super) fn is_duration(name: &str, fields: &[&str]) -> bool {
    name == "Duration" && fields == ["secs", "nanos"]
}

/// Parses the text of a duration.
pub(super) struct DurationVisitor(fn(&str) -> Result<Duration, crate::DurationError>);

impl DurationVisitor {
    /// Accepts any duration that is longer than zero.
    pub(super) fn any() -> Self {
        Self(crate::parse_duration)
    }
}

impl Visitor<'_> for DurationVisitor {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text with a unit, such as \"30s\" or \"7d\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
        (self.0)(text).map_err(E::custom)
    }
}
