//! A fake of Datadog: it takes series, distributions and events, answers queries of them, and keeps dashboards,
//! monitors and the metadata of metrics.
//!
//! Every endpoint wants the API key; those that manage or read want the application key as well.
//! See <https://docs.datadoghq.com/api/latest/>.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::{Value, json};

use super::{
    dashboards::Dashboards,
    distributions::{DistributionId, Distributions},
    evaluation::{Evaluations, Transition},
    events::Events,
    metadata::Metadata,
    monitors::Monitors,
    point::Point,
    reading::{Outcome, error, object},
    series::Series,
    timeseries,
};
use crate::server::{Answer, Request, Server};

/// The paths for which the application key is needed as well, or how they start.
const MANAGED: [&str; 5] =
    ["/api/v2/validate_keys", "/api/v1/query", "/api/v1/metrics/", "/api/v1/dashboard", "/api/v1/monitor"];

/// A running fake of Datadog.
#[derive(Debug)]
pub struct DatadogIntake {
    server: Server,
    store: Arc<Mutex<Store>>,
}

#[derive(Debug, Default)]
struct Store {
    series: Series,
    distributions: Distributions,
    metadata: Metadata,
    events: Events,
    dashboards: Dashboards,
    monitors: Monitors,
    evaluations: Evaluations,
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
        Self { server: Server::start(move |request| answer(&mut lock(&shared), request)), store }
    }

    /// The server, for its requests and for scripting faults. `DELETE /api/v1/monitor/` matches one
    /// method for all ids, `/api/v1/dashboard?` the lists and `page=1` a page, see [`Server::fail`].
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
        let mut store = lock(&self.store);
        store.series.refused.insert(metric.to_owned());
        store.distributions.refused.insert(metric.to_owned());
    }

    /// Takes a payload as if it was sent, such as one of [`Self::payloads`] of another intake at another time.
    ///
    /// # Panics
    /// When Datadog would refuse it.
    pub fn deliver(&self, payload: Value) {
        let Store { series, metadata, .. } = &mut *lock(&self.store);
        let answer = series.store(metadata, payload);
        assert_eq!(answer.status, 202, "{}", String::from_utf8_lossy(&answer.body));
    }

    /// The payloads that were accepted, in the order of their arrival.
    #[must_use]
    pub fn payloads(&self) -> Vec<Value> {
        lock(&self.store).series.payloads.clone()
    }

    /// What is stored, ordered by metric, tags and time.
    #[must_use]
    pub fn points(&self) -> Vec<Point> {
        lock(&self.store).series.points.values().cloned().collect()
    }

    /// The payloads with distributions that were accepted, in the order of their arrival.
    #[must_use]
    pub fn distribution_payloads(&self) -> Vec<Value> {
        lock(&self.store).distributions.payloads.clone()
    }

    /// The values of each distribution, in the order of their arrival.
    #[must_use]
    pub fn distributions(&self) -> BTreeMap<DistributionId, Vec<f64>> {
        lock(&self.store).distributions.values.clone()
    }

    /// The metadata of a metric that a series has named.
    #[must_use]
    pub fn metadata(&self, metric: &str) -> Option<Value> {
        lock(&self.store).metadata.get(metric)
    }

    /// The events that were accepted, as they were sent.
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        lock(&self.store).events.0.clone()
    }

    /// The dashboards as Datadog answers them, in the order of their creation.
    #[must_use]
    pub fn dashboards(&self) -> Vec<Value> {
        lock(&self.store).dashboards.all.clone()
    }

    /// Plays a person who creates a dashboard; returns it as Datadog answers it.
    ///
    /// # Panics
    /// When Datadog would refuse it.
    #[expect(clippy::must_use_candidate, reason = "that it is there may be all that a test wants")]
    pub fn add_dashboard(&self, dashboard: &Value) -> Value {
        by_hand(lock(&self.store).dashboards.create(fields(dashboard)))
    }

    /// Plays a person who edits a dashboard.
    ///
    /// # Panics
    /// When there is none with this id.
    pub fn edit_dashboard(&self, id: &str, edit: impl FnOnce(&mut Value)) {
        by_hand(lock(&self.store).dashboards.edit(id, edit));
    }

    /// Plays a person who deletes a dashboard.
    ///
    /// # Panics
    /// When there is none with this id.
    pub fn delete_dashboard(&self, id: &str) {
        by_hand(lock(&self.store).dashboards.delete(id));
    }

    /// The monitors as Datadog answers them, in the order of their creation.
    #[must_use]
    pub fn monitors(&self) -> Vec<Value> {
        lock(&self.store).monitors.all.clone()
    }

    /// Evaluates the monitors that are due at a time, in seconds since 1970, over all points that have arrived, and
    /// returns what has changed. The time is the intake's clock: it has to go on from call to call.
    #[must_use]
    pub fn evaluate(&self, now: i64) -> Vec<Transition> {
        let Store { series, monitors, evaluations, .. } = &mut *lock(&self.store);
        evaluations.at(now, &monitors.all, &series.points.values())
    }

    /// Plays a person who creates a monitor; returns it as Datadog answers it.
    ///
    /// # Panics
    /// When Datadog would refuse it.
    #[expect(clippy::must_use_candidate, reason = "that it is there may be all that a test wants")]
    pub fn add_monitor(&self, monitor: &Value) -> Value {
        by_hand(lock(&self.store).monitors.create(fields(monitor)))
    }

    /// Plays a person who edits a monitor, or the time that changes its state.
    ///
    /// # Panics
    /// When there is none with this id.
    pub fn edit_monitor(&self, id: u64, edit: impl FnOnce(&mut Value)) {
        by_hand(lock(&self.store).monitors.edit(&id.to_string(), edit));
    }

    /// Plays a person who deletes a monitor.
    ///
    /// # Panics
    /// When there is none with this id.
    pub fn delete_monitor(&self, id: u64) {
        by_hand(lock(&self.store).monitors.delete(&id.to_string()));
    }
}

fn lock(store: &Mutex<Store>) -> MutexGuard<'_, Store> {
    store.lock().unwrap_or_else(PoisonError::into_inner)
}

fn fields(value: &Value) -> serde_json::Map<String, Value> {
    value.as_object().cloned().unwrap_or_else(|| panic!("an object, not {value}"))
}

fn by_hand(outcome: Outcome) -> Value {
    outcome.unwrap_or_else(|refusal| {
        panic!("Datadog refuses this: {} {}", refusal.status, String::from_utf8_lossy(&refusal.body))
    })
}

fn answer(store: &mut Store, request: &Request) -> Answer {
    if request.header("dd-api-key") != Some(DatadogIntake::KEY) {
        return error(403, "Forbidden");
    }
    match (&*request.method, request.path()) {
        ("GET", "/api/v1/validate") => Answer::json(200, &json!({ "valid": true })),
        ("POST", "/api/v2/series") => store.series.accept(&mut store.metadata, request),
        ("POST", "/api/v1/distribution_points") => store.distributions.accept(request),
        ("POST", "/api/v1/events") => {
            store.events.create(request).map_or_else(|refusal| refusal, |event| Answer::json(202, &event))
        }
        (_, path) if !MANAGED.iter().any(|start| path.starts_with(start)) => error(404, "Not Found"),
        _ if request.header("dd-application-key") != Some(DatadogIntake::APP_KEY) => error(403, "Forbidden"),
        _ => manage(store, request).map_or_else(|refusal| refusal, |body| Answer::json(200, &body)),
    }
}

/// The endpoints that want the application key as well.
fn manage(store: &mut Store, request: &Request) -> Outcome {
    let Store { series, metadata, dashboards, monitors, .. } = store;
    let path: Vec<&str> = request.path().split('/').skip(2).collect();
    match (&*request.method, &path[..]) {
        ("GET", ["v2", "validate_keys"]) => Ok(json!({ "status": "ok" })),
        ("GET", ["v1", "query"]) => timeseries::answer(&series.points.values(), request),
        ("GET", ["v1", "metrics", name]) => metadata.read(name),
        ("PUT", ["v1", "metrics", name]) => metadata.edit(name, request),
        ("GET", ["v1", "dashboard"]) => dashboards.list(request),
        ("POST", ["v1", "dashboard"]) => dashboards.create(object(request)?),
        ("GET", ["v1", "dashboard", id]) => dashboards.read(id),
        ("PUT", ["v1", "dashboard", id]) => dashboards.replace(id, request),
        ("DELETE", ["v1", "dashboard", id]) => dashboards.delete(id),
        ("GET", ["v1", "monitor"]) => monitors.list(request),
        ("POST", ["v1", "monitor"]) => monitors.create(object(request)?),
        ("GET", ["v1", "monitor", id]) => monitors.read(id),
        ("PUT", ["v1", "monitor", id]) => monitors.update(id, request),
        ("DELETE", ["v1", "monitor", id]) => monitors.delete(id),
        _ => Err(error(404, "Not Found")),
    }
}
