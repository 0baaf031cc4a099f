//! Monitors in the stand-in for Datadog, and what they find.

use std::{
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use anyhow::bail;
use humantime::{format_duration, format_rfc3339_seconds};
use serde_json::{Value, json};
use system_health_intake::{Answer, Intake, Request};

use crate::{
    documents::{Documents, Monitor},
    instants::instants,
    retention::MAX_POINTS,
};

/// The path at which the stand-in creates and deletes monitors.
const MONITOR_PATH: &str = "/api/v1/monitor";
/// The path at which the stand-in returns the states of all monitors.
const STATES_PATH: &str = "/api/v1/intake/monitors";

/// Monitors that were created in an intake.
#[derive(Debug)]
pub(crate) struct Evaluation {
    pub(crate) intake: Arc<Intake>,
    pub(crate) documents: Arc<Documents>,
    /// The id of each monitor, or why it was refused.
    created: Vec<Result<u64, String>>,
    /// When the monitors were evaluated last, in seconds since 1970.
    last_evaluated: Option<i64>,
}

impl Evaluation {
    /// Creates the monitors.
    pub(crate) fn new(intake: Arc<Intake>, documents: Arc<Documents>) -> anyhow::Result<Self> {
        let create = |monitor: &Monitor| {
            let answer = intake.handle(&Request::json("POST", MONITOR_PATH, &monitor.document));
            let body = body(&answer)?;
            Ok(match body["id"].as_u64() {
                Some(id) if answer.status == 200 => Ok(id),
                _ => Err(refusal(&body)),
            })
        };
        let created = documents.monitors.iter().map(create).collect::<anyhow::Result<_>>()?;
        Ok(Self { intake, documents, created, last_evaluated: None })
    }

    /// Deletes the monitors.
    pub(crate) fn delete(self) {
        for id in self.created.iter().flatten() {
            let path = format!("{MONITOR_PATH}/{id}");
            let _ = self.intake.handle(&Request::json("DELETE", &path, &Value::Null));
        }
    }

    /// Evaluates the monitors at the instants of the runs since the last evaluation, and then at `now`. Returns each monitor with
    /// its state, as the page shows it. Times are in seconds since 1970.
    pub(crate) fn evaluate(
        &mut self,
        runs: impl Iterator<Item = i64>,
        dropped_before: Option<i64>,
        now: i64,
    ) -> anyhow::Result<Vec<Value>> {
        for instant in instants(runs, self.last_evaluated, now) {
            self.intake.evaluate_all_at(instant)?;
        }
        let answer = self.intake.handle(&Request::json("GET", STATES_PATH, &Value::Null));
        let states = body(&answer)?;
        if answer.status != 200 {
            bail!("the monitors cannot be evaluated: {}", refusal(&states));
        }
        self.last_evaluated = Some(now);
        let monitors = self.documents.monitors.iter().zip(&self.created);
        Ok(monitors.map(|(monitor, created)| shown(monitor, created, &states, dropped_before, now)).collect())
    }
}

/// A monitor as the page shows it.
fn shown(
    monitor: &Monitor,
    created: &Result<u64, String>,
    states: &Value,
    dropped_before: Option<i64>,
    now: i64,
) -> Value {
    let (mut state, mut groups, mut reason) = (Value::Null, json!([]), None);
    match created {
        Err(refusal) => reason = Some(format!("Datadog would refuse it: {refusal}")),
        Ok(_) if dropped_before.is_some_and(|since| since > now - monitor.window()) => {
            reason = Some(not_kept(monitor, dropped_before.unwrap_or_default()));
        }
        Ok(id) => {
            let mut evaluated = states["monitors"].as_array().into_iter().flatten();
            if let Some(evaluated) = evaluated.find(|evaluated| evaluated["id"] == *id) {
                (state, groups) = (evaluated["state"].clone(), evaluated["groups"].clone());
            }
            if let (Value::Null, Some(key)) = (&state, &monitor.not_collected) {
                reason = Some(format!("this service does not collect {key}"));
            }
        }
    }
    let mut shown = json!({
        "name": monitor.document["name"],
        "query": monitor.query(),
        "state": state,
        "groups": groups,
        "monitor": monitor.document,
    });
    if let Some(reason) = reason {
        shown["reason"] = reason.into();
    }
    shown
}

/// The reason why a monitor has no state if points in its window were dropped. The points since `since` are kept.
fn not_kept(monitor: &Monitor, since: i64) -> String {
    let window = format_duration(Duration::from_secs(monitor.window().unsigned_abs()));
    let since = format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(since.unsigned_abs()));
    format!(
        "it cannot be evaluated: it looks back {window}, but only the points since {since} are kept, because there were more than \
         {MAX_POINTS}, or because those of a run could not be added"
    )
}

/// Evaluates a metric query. `query` is the query string of Datadog's request. The inner error is a refusal.
pub(crate) fn query(intake: &Intake, query: &str) -> anyhow::Result<Result<Value, String>> {
    let answer = intake.handle(&Request::json("GET", &format!("/api/v1/query?{query}"), &Value::Null));
    let body = body(&answer)?;
    match answer.status {
        200 => Ok(Ok(body)),
        400..500 => Ok(Err(refusal(&body))),
        _ => bail!("the query cannot be evaluated: {}", refusal(&body)),
    }
}

fn body(answer: &Answer) -> serde_json::Result<Value> {
    serde_json::from_slice(&answer.body)
}

/// The errors in a body.
fn refusal(body: &Value) -> String {
    let errors = body["errors"].as_array().into_iter().flatten().filter_map(Value::as_str);
    errors.collect::<Vec<_>>().join("; ")
}
