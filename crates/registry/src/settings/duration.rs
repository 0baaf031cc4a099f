//! Durations in settings, such as `30s` or `7d`.

use std::{fmt, time::Duration};

use serde::{
    Deserializer,
    de::{Error, Visitor},
};

/// Reads a duration such as `30s` or `7d`, for `#[serde(deserialize_with = "...")]`.
pub fn deserialize_duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    deserializer.deserialize_str(DurationVisitor(crate::parse_duration))
}

/// Like [`deserialize_duration`], for a field of the type `Option<Duration>`.
pub fn deserialize_optional_duration<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    deserialize_duration(deserializer).map(Some)
}

/// Like [`deserialize_duration`], for the time between two runs of a service: whole seconds, at least 10.
pub fn deserialize_every<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    deserializer.deserialize_str(DurationVisitor(crate::parse_every))
}

struct DurationVisitor(fn(&str) -> Result<Duration, crate::DurationError>);

impl Visitor<'_> for DurationVisitor {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text with a unit, such as \"30s\" or \"7d\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
        (self.0)(text).map_err(E::custom)
    }
}
