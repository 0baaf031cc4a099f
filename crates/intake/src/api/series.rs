//! Series of points, as they are submitted and stored.
//!
//! Like Datadog it keeps one value for a metric, its tags and a time, the last one. Unlike Datadog it
//! takes any time, so that a test may choose one.
//! See <https://docs.datadoghq.com/api/latest/metrics/#submit-metrics>.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{metadata::Metadata, point::Point, reading::error};
use crate::server::{Answer, Request};

/// Datadog's limit for a payload as it is sent.
const MAX_WIRE_LENGTH: usize = 512_000;
/// Datadog's limit for a payload once it is decompressed.
const MAX_LENGTH: usize = 5 * 1024 * 1024;

/// All that was submitted.
#[derive(Debug, Default)]
pub(super) struct Series {
    pub(super) payloads: Vec<Value>,
    pub(super) points: BTreeMap<(String, BTreeSet<String>, i64), Point>,
    pub(super) refused: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Payload {
    series: Vec<Submitted>,
}

#[derive(Deserialize)]
struct Submitted {
    metric: String,
    points: Vec<SubmittedPoint>,
    #[serde(default, rename = "type")]
    kind: u8,
    #[serde(default)]
    tags: BTreeSet<String>,
    interval: Option<i64>,
    unit: Option<String>,
}

#[derive(Deserialize)]
struct SubmittedPoint {
    timestamp: i64,
    value: f64,
}

impl Series {
    /// Stores a payload, all of it or nothing.
    pub(super) fn accept(&mut self, metadata: &mut Metadata, request: &Request) -> Answer {
        if request.wire_length > MAX_WIRE_LENGTH || request.body.len() > MAX_LENGTH {
            return error(413, "Payload Too Large");
        }
        match serde_json::from_slice(&request.body) {
            Ok(payload) => self.store(metadata, payload),
            Err(cause) => error(400, &format!("Payload is not in the expected format: {cause}")),
        }
    }

    /// Stores a payload that has arrived.
    pub(super) fn store(&mut self, metadata: &mut Metadata, payload: Value) -> Answer {
        let series = match Payload::deserialize(&payload) {
            Ok(Payload { series }) => series,
            Err(cause) => return error(400, &format!("Payload is not in the expected format: {cause}")),
        };
        if series.iter().any(|series| self.refused.contains(&series.metric)) {
            return error(400, "Payload is not in the expected format: invalid series");
        }
        let Some(points) = series.into_iter().map(stored).collect::<Option<Vec<_>>>() else {
            return error(400, "Payload is not in the expected format: invalid metric type");
        };
        for point in points.into_iter().flatten() {
            metadata.learn(&point);
            self.points.insert((point.metric.clone(), point.tags.clone(), point.timestamp), point);
        }
        self.payloads.push(payload);
        Answer::json(202, &json!({ "errors": [] }))
    }
}

/// The points of a series; none when its type is unknown.
fn stored(series: Submitted) -> Option<Vec<Point>> {
    let kind = *["unspecified", "count", "rate", "gauge"].get(usize::from(series.kind))?;
    let point = |SubmittedPoint { timestamp, value }| Point {
        metric: series.metric.clone(),
        tags: series.tags.clone(),
        timestamp,
        value,
        kind,
        interval: series.interval,
        unit: series.unit.clone(),
    };
    Some(series.points.into_iter().map(point).collect())
}
