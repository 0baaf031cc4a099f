//! Submitted series of points.
//! See <https://docs.datadoghq.com/api/latest/metrics/#submit-metrics>.

use std::collections::BTreeSet;

use serde::{Deserialize, de::Error as _};
use serde_json::json;

use super::{
    payload::{check_size, host_tag, refuse_unreadable},
    state::State,
};
use crate::{
    exchange::{Answer, Request, error},
    notice::Notice,
    point::{KINDS, Point},
    rules::{Submission, SubmittedPoint, check_series},
    store::StoreError,
    treatment::Treatment,
};

/// A payload of version 2.
#[derive(Deserialize)]
struct PayloadV2 {
    series: Vec<SeriesV2>,
}

#[derive(Deserialize)]
struct SeriesV2 {
    metric: String,
    points: Vec<PointV2>,
    #[serde(default, rename = "type")]
    kind: u8,
    tags: Option<BTreeSet<String>>,
    interval: Option<i64>,
    unit: Option<String>,
    #[serde(default)]
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct PointV2 {
    timestamp: i64,
    value: Option<f64>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(rename = "type")]
    kind: Option<String>,
    name: Option<String>,
}

/// A payload of version 1, which older clients send.
#[derive(Deserialize)]
struct PayloadV1 {
    series: Vec<SeriesV1>,
}

#[derive(Deserialize)]
struct SeriesV1 {
    metric: String,
    points: Vec<(f64, Option<f64>)>,
    #[serde(rename = "type")]
    kind: Option<String>,
    tags: Option<BTreeSet<String>>,
    interval: Option<i64>,
    host: Option<String>,
}

/// Accepts or refuses a payload of version 2 as a whole. Nothing of a refused payload is stored.
pub(super) fn accept(state: &mut State, request: &Request) -> Answer {
    accept_with(state, request, &json!({ "errors": [] }), |body| {
        let payload: PayloadV2 = serde_json::from_slice(body)?;
        let series: Option<_> = payload.series.into_iter().map(submission_v2).collect();
        series.ok_or_else(invalid_type)
    })
}

/// Accepts or refuses a payload of version 1 as a whole. Nothing of a refused payload is stored.
pub(super) fn accept_v1(state: &mut State, request: &Request) -> Answer {
    accept_with(state, request, &json!({ "status": "ok" }), |body| {
        let payload: PayloadV1 = serde_json::from_slice(body)?;
        let series: Option<_> = payload.series.into_iter().map(submission_v1).collect();
        series.ok_or_else(invalid_type)
    })
}

fn invalid_type() -> serde_json::Error {
    serde_json::Error::custom("invalid metric type")
}

fn accept_with(
    state: &mut State,
    request: &Request,
    body_if_accepted: &serde_json::Value,
    read: impl Fn(&[u8]) -> serde_json::Result<Vec<Submission>>,
) -> Answer {
    if let Err(refusal) = check_size(state, request) {
        return refusal;
    }
    let series = match read(&request.body) {
        Ok(series) => series,
        Err(cause) => return refuse_unreadable(state, request, &cause),
    };
    let has_null = |series: &Submission| series.points.iter().any(|point| point.value.is_none());
    if state.treatment == Treatment::AsSent && series.iter().any(has_null) {
        return error(400, "Payload is not in the expected format: invalid type: null, expected f64");
    }
    match store(state, request.path(), &series) {
        Ok(()) => Answer::json(202, body_if_accepted),
        Err(error) => error.into(),
    }
}

/// Stores the part of a payload that Datadog would store, or all of it if submissions are stored as sent.
fn store(state: &mut State, path: &str, submitted: &[Submission]) -> Result<(), StoreError> {
    let mut findings = Vec::new();
    let mut points = Vec::new();
    let mut metrics = BTreeSet::new();
    for series in submitted {
        let known_type = |metric: &str| match state.treatment {
            Treatment::AsSent => state.metadata.kind(&series.metric),
            Treatment::LikeDatadog => state.metadata.kind(metric),
        };
        let checked = check_series(series, known_type, state.now(), &mut findings);
        let stored = match state.treatment {
            Treatment::AsSent => Some(series.clone()),
            Treatment::LikeDatadog => checked,
        };
        let Some(stored) = stored else { continue };
        state.metadata.learn(&stored.metric, stored.kind, stored.unit.as_deref());
        points.extend(to_points(&stored));
        metrics.insert(stored.metric);
    }
    state.save_metadata()?;
    let replaced = state.store.put_points(&points)?;
    state.add_findings(findings);
    state.add_replaced_findings(&replaced);
    let sent = submitted.iter().map(|series| series.points.len()).sum();
    state.notify(Notice::delivery(path, "point", sent, points.len(), metrics.len()));
    Ok(())
}

fn to_points(series: &Submission) -> impl Iterator<Item = Point> {
    series.points.iter().filter_map(|point| {
        Some(Point {
            metric: series.metric.clone(),
            tags: series.tags.clone(),
            timestamp: point.time,
            value: point.value?,
            kind: series.kind,
            interval: series.interval,
            unit: series.unit.clone(),
        })
    })
}

/// Converts a series of version 2. `None` if its type is unknown.
fn submission_v2(series: SeriesV2) -> Option<Submission> {
    let is_host = |resource: &&Resource| resource.kind.as_deref() == Some("host");
    let host = series.resources.iter().find(is_host).and_then(|resource| resource.name.as_deref());
    Some(Submission {
        kind: KINDS.get(usize::from(series.kind)).copied()?,
        tags: series.tags.unwrap_or_default().into_iter().chain(host_tag(host)).collect(),
        metric: series.metric,
        interval: series.interval,
        unit: series.unit,
        points: series
            .points
            .iter()
            .map(|point| SubmittedPoint { time: point.timestamp, value: point.value })
            .collect(),
    })
}

/// Converts a series of version 1. `None` if its type is unknown.
fn submission_v1(series: SeriesV1) -> Option<Submission> {
    let kind = match series.kind.as_deref() {
        None => "unspecified",
        Some("counter") => "count",
        Some(name) => KINDS.into_iter().find(|kind| *kind == name)?,
    };
    #[expect(clippy::cast_possible_truncation, reason = "whole seconds since 1970")]
    let point = |&(time, value): &(f64, Option<f64>)| SubmittedPoint { time: time as i64, value };
    Some(Submission {
        kind,
        tags: series.tags.unwrap_or_default().into_iter().chain(host_tag(series.host.as_deref())).collect(),
        metric: series.metric,
        interval: series.interval,
        unit: None,
        points: series.points.iter().map(point).collect(),
    })
}
