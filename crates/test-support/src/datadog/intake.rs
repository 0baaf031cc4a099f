//! A fake of the intake: series (v2) and the validation of keys (v1 and v2).
//!
//! Like Datadog it keeps one value for a metric, its tags and a time, the last one. Unlike Datadog it
//! takes any time, so that a test may choose one.
//! See <https://docs.datadoghq.com/api/latest/metrics/#submit-metrics>.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::server::{Answer, Request, Server};

/// Datadog's limit for a payload as it is sent.
const MAX_WIRE_LENGTH: usize = 512_000;
/// Datadog's limit for a payload once it is decompressed.
const MAX_LENGTH: usize = 5 * 1024 * 1024;

/// A running fake of the Datadog intake.
#[derive(Debug)]
pub struct DatadogIntake {
    server: Server,
    store: Arc<Mutex<Store>>,
}

/// One stored value of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// The metric's name.
    pub metric: String,
    /// Its tags.
    pub tags: BTreeSet<String>,
    /// The time, in seconds since 1970.
    pub timestamp: i64,
    /// The value.
    pub value: f64,
    /// `unspecified`, `count`, `rate` or `gauge`.
    pub kind: &'static str,
    /// The time that a count or a rate covers, in seconds.
    pub interval: Option<i64>,
    /// The unit.
    pub unit: Option<String>,
}

#[derive(Debug, Default)]
struct Store {
    payloads: Vec<Value>,
    points: BTreeMap<(String, BTreeSet<String>, i64), Point>,
    refused: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Payload {
    series: Vec<Series>,
}

#[derive(Deserialize)]
struct Series {
    metric: String,
    points: Vec<SeriesPoint>,
    #[serde(default, rename = "type")]
    kind: u8,
    #[serde(default)]
    tags: BTreeSet<String>,
    interval: Option<i64>,
    unit: Option<String>,
}

#[derive(Deserialize)]
struct SeriesPoint {
    timestamp: i64,
    value: f64,
}

impl DatadogIntake {
    /// The key that the intake accepts, made to be found in any output that should not contain it.
    pub const KEY: &str = "0dd0c0ffee0dd0c0ffee0dd0c0ffee00";

    /// The application key that goes with it.
    pub const APP_KEY: &str = "0ddba11ad0dd0ddba11ad0dd0ddba11ad0dd0dd0";

    /// Starts an intake.
    #[must_use]
    pub fn start() -> Self {
        let store = Arc::new(Mutex::new(Store::default()));
        let shared = Arc::clone(&store);
        Self { server: Server::start(move |request| answer(&shared, request)), store }
    }

    /// The server, for its requests and for scripting faults.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The intake's URL, for `DD_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Refuses every payload with a series of this metric from now on, without a word about which it is.
    pub fn refuse(&self, metric: &str) {
        lock(&self.store).refused.insert(metric.to_owned());
    }

    /// The payloads that were accepted, in the order of their arrival.
    #[must_use]
    pub fn payloads(&self) -> Vec<Value> {
        lock(&self.store).payloads.clone()
    }

    /// What is stored, ordered by metric, tags and time.
    #[must_use]
    pub fn points(&self) -> Vec<Point> {
        lock(&self.store).points.values().cloned().collect()
    }
}

/// Datadog's answer for an error: the status, and a list of one text.
#[must_use]
pub fn error(status: u16, text: &str) -> Answer {
    Answer::json(status, &json!({ "errors": [text] }))
}

fn lock(store: &Mutex<Store>) -> MutexGuard<'_, Store> {
    store.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(store: &Mutex<Store>, request: &Request) -> Answer {
    if request.header("dd-api-key") != Some(DatadogIntake::KEY) {
        return error(403, "Forbidden");
    }
    let has_app_key = request.header("dd-application-key") == Some(DatadogIntake::APP_KEY);
    match (&*request.method, request.path()) {
        ("GET", "/api/v2/validate_keys") if has_app_key => Answer::json(200, &json!({ "status": "ok" })),
        ("GET", "/api/v2/validate_keys") => error(403, "Forbidden"),
        ("GET", "/api/v1/validate") => Answer::json(200, &json!({ "valid": true })),
        ("POST", "/api/v2/series") => accept(store, request),
        _ => error(404, "Not Found"),
    }
}

fn accept(store: &Mutex<Store>, request: &Request) -> Answer {
    if request.wire_length > MAX_WIRE_LENGTH || request.body.len() > MAX_LENGTH {
        return error(413, "Payload Too Large");
    }
    let parsed = serde_json::from_slice(&request.body)
        .and_then(|payload: Value| Ok((Payload::deserialize(&payload)?, payload)));
    let (series, payload) = match parsed {
        Ok((Payload { series }, payload)) => (series, payload),
        Err(cause) => return error(400, &format!("Payload is not in the expected format: {cause}")),
    };
    if series.iter().any(|series| lock(store).refused.contains(&series.metric)) {
        return error(400, "Payload is not in the expected format: invalid series");
    }
    let Some(points) = series.into_iter().map(stored).collect::<Option<Vec<_>>>() else {
        return error(400, "Payload is not in the expected format: invalid metric type");
    };
    let mut store = lock(store);
    for point in points.into_iter().flatten() {
        store.points.insert((point.metric.clone(), point.tags.clone(), point.timestamp), point);
    }
    store.payloads.push(payload);
    Answer::json(202, &json!({ "errors": [] }))
}

/// The points of a series; none when its type is unknown.
fn stored(series: Series) -> Option<Vec<Point>> {
    let kind = *["unspecified", "count", "rate", "gauge"].get(usize::from(series.kind))?;
    let point = |SeriesPoint { timestamp, value }| Point {
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
