//! A point or an event as a line of JSON.

use std::{collections::BTreeSet, time::SystemTime};

use serde::Serialize;
use system_health_registry::{Distribution, Event, Point, Tag};

/// A value that JSON cannot represent. `serde_json` would write `null`.
#[derive(Debug, thiserror::Error)]
#[error("the value of `{key}` is {value}, which is not a finite number")]
pub(crate) struct NotFinite {
    key: String,
    value: f64,
}

/// A line, without the line break.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum JsonLine<'a> {
    /// A value.
    Point {
        key: &'a str,
        kind: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        interval_seconds: Option<u64>,
        unit: Option<&'a str>,
        tags: Vec<&'a str>,
        timestamp: String,
        /// The start of the time that the value covers, if it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        since: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        value: Option<f64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        distribution: Option<&'a Distribution>,
    },
    /// An event.
    Event {
        id: &'a str,
        title: &'a str,
        text: Option<&'a str>,
        tags: Vec<&'a str>,
        level: &'static str,
        /// When the event happened, if that is known.
        timestamp: Option<String>,
        link: Option<&'a str>,
    },
}

impl JsonLine<'_> {
    /// Appends the line and a line break to a text.
    pub(crate) fn write_to(&self, text: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        serde_json::to_writer(&mut *text, self)?;
        text.push(b'\n');
        Ok(())
    }
}

impl<'a> TryFrom<&'a Point> for JsonLine<'a> {
    type Error = NotFinite;

    fn try_from(point: &'a Point) -> Result<Self, NotFinite> {
        if let Some(value) = point.value.number().filter(|value| !value.is_finite()) {
            return Err(NotFinite { key: point.key.clone(), value });
        }
        Ok(Self::Point {
            key: &point.key,
            kind: point.kind.name(),
            interval_seconds: point.kind.interval().map(|interval| interval.as_secs()),
            unit: point.unit.as_deref(),
            tags: tags(&point.tags),
            timestamp: rfc3339(point.timestamp),
            since: point.since.map(rfc3339),
            value: point.value.number(),
            distribution: point.value.distribution(),
        })
    }
}

impl<'a> From<&'a Event> for JsonLine<'a> {
    fn from(event: &'a Event) -> Self {
        Self::Event {
            id: event.id(),
            title: event.title(),
            text: event.text(),
            tags: tags(event.tags()),
            level: event.level().name(),
            timestamp: event.happened_at().map(rfc3339),
            link: event.link(),
        }
    }
}

fn tags(tags: &BTreeSet<Tag>) -> Vec<&str> {
    tags.iter().map(Tag::as_str).collect()
}

fn rfc3339(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}
