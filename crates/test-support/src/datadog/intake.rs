//! The local intake as a fake of Datadog: it requires the right keys, accepts points of any time, keeps the payloads, and fails
//! when a test says so.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;
use system_health_intake::{
    DistributionId, Intake, Point, Transition, Treatment, error, requires_application_key,
};

use crate::server::{Answer, Request, Server};

const SERIES: &str = "/api/v2/series";
const DISTRIBUTIONS: &str = "/api/v1/distribution_points";

/// A running fake of Datadog.
#[derive(Debug)]
pub struct DatadogIntake {
    server: Server,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    intake: Intake,
    captured: Mutex<Captured>,
}

#[derive(Debug, Default)]
struct Captured {
    series: Vec<Value>,
    distributions: Vec<Value>,
    refused: BTreeSet<String>,
}

impl DatadogIntake {
    /// The API key that the intake accepts. It is easy to find in output that must not contain it.
    pub const KEY: &str = "0dd0c0ffee0dd0c0ffee0dd0c0ffee00";

    /// The application key that the intake accepts.
    pub const APP_KEY: &str = "0ddba11ad0dd0ddba11ad0dd0ddba11ad0dd0dd0";

    /// Starts an intake.
    ///
    /// # Panics
    /// If SQLite cannot be used.
    #[must_use]
    pub fn start() -> Self {
        let intake = Intake::in_memory().expect("a store in memory").with_treatment(Treatment::AsSent);
        let shared = Arc::new(Shared { intake, captured: Mutex::default() });
        let server = Server::start({
            let shared = Arc::clone(&shared);
            move |request| shared.answer(request)
        });
        Self { server, shared }
    }

    /// The server, for its requests and for scripting faults. For [`Server::fail`], `DELETE /api/v1/monitor/` matches the
    /// deletion of any monitor, `/api/v1/dashboard?` the list of dashboards, and `page=1` one page of a list.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The intake's URL, for `DD_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Refuses every payload with a series of this metric from now on. The error does not say which series is refused.
    pub fn refuse(&self, metric: &str) {
        self.shared.captured().refused.insert(metric.to_owned());
    }

    /// Stores a payload, such as one of the [`Self::payloads`] of another intake, as if it had been sent.
    ///
    /// # Panics
    /// If Datadog would refuse it.
    pub fn deliver(&self, payload: Value) {
        self.send_without_keys("POST", SERIES, &payload);
        self.shared.captured().series.push(payload);
    }

    /// The payloads with series that were accepted, in the order of their arrival.
    #[must_use]
    pub fn payloads(&self) -> Vec<Value> {
        self.shared.captured().series.clone()
    }

    /// The stored points, ordered by metric, tags and time.
    ///
    /// # Panics
    /// If SQLite cannot be used.
    #[must_use]
    pub fn points(&self) -> Vec<Point> {
        self.shared.intake.points().expect("points")
    }

    /// The payloads with distributions that were accepted, in the order of their arrival.
    #[must_use]
    pub fn distribution_payloads(&self) -> Vec<Value> {
        self.shared.captured().distributions.clone()
    }

    /// The values of each distribution, in the order of their arrival.
    ///
    /// # Panics
    /// If SQLite cannot be used.
    #[must_use]
    pub fn distributions(&self) -> BTreeMap<DistributionId, Vec<f64>> {
        self.shared.intake.distributions().expect("values of distributions")
    }

    /// The metadata of a metric that a series has named.
    #[must_use]
    pub fn metadata(&self, metric: &str) -> Option<Value> {
        self.shared.intake.metadata(metric)
    }

    /// The events that were accepted, as they were sent.
    ///
    /// # Panics
    /// If SQLite cannot be used.
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        self.shared.intake.events().expect("events")
    }

    /// The dashboards as Datadog returns them, in the order of their creation.
    #[must_use]
    pub fn dashboards(&self) -> Vec<Value> {
        self.shared.intake.dashboards()
    }

    /// Creates a dashboard as a person would. Returns it as Datadog returns it.
    ///
    /// # Panics
    /// If Datadog would refuse it.
    #[expect(clippy::must_use_candidate, reason = "a test may need only that it exists")]
    pub fn add_dashboard(&self, dashboard: &Value) -> Value {
        self.send_without_keys("POST", "/api/v1/dashboard", dashboard)
    }

    /// Edits a dashboard as a person would.
    ///
    /// # Panics
    /// If there is no dashboard with this id.
    pub fn edit_dashboard(&self, id: &str, edit: impl FnOnce(&mut Value)) {
        self.shared.intake.edit_dashboard(id, edit).unwrap_or_else(|refusal| panic_refused(&refusal));
    }

    /// Deletes a dashboard as a person would.
    ///
    /// # Panics
    /// If there is no dashboard with this id.
    pub fn delete_dashboard(&self, id: &str) {
        self.send_without_keys("DELETE", &format!("/api/v1/dashboard/{id}"), &Value::Null);
    }

    /// The monitors as Datadog returns them, in the order of their creation.
    #[must_use]
    pub fn monitors(&self) -> Vec<Value> {
        self.shared.intake.monitors()
    }

    /// Evaluates the monitors that are due at a time, in seconds since 1970, over all points that have arrived, and
    /// returns what has changed. The time is the intake's clock: it must not go back from one call to the next.
    ///
    /// # Panics
    /// If SQLite cannot be used.
    #[must_use]
    pub fn evaluate(&self, now: i64) -> Vec<Transition> {
        self.shared.intake.evaluate_at(now).expect("the points of the monitors")
    }

    /// Creates a monitor as a person would. Returns it as Datadog returns it.
    ///
    /// # Panics
    /// If Datadog would refuse it.
    #[expect(clippy::must_use_candidate, reason = "a test may need only that it exists")]
    pub fn add_monitor(&self, monitor: &Value) -> Value {
        self.send_without_keys("POST", "/api/v1/monitor", monitor)
    }

    /// Edits a monitor, as a person or a change of its state would.
    ///
    /// # Panics
    /// If there is no monitor with this id.
    pub fn edit_monitor(&self, id: u64, edit: impl FnOnce(&mut Value)) {
        self.shared
            .intake
            .edit_monitor(&id.to_string(), edit)
            .unwrap_or_else(|refusal| panic_refused(&refusal));
    }

    /// Deletes a monitor as a person would.
    ///
    /// # Panics
    /// If there is no monitor with this id.
    pub fn delete_monitor(&self, id: u64) {
        self.send_without_keys("DELETE", &format!("/api/v1/monitor/{id}"), &Value::Null);
    }

    /// Passes a request to the intake without checking keys and without capturing it. The limit for compressed payloads does not
    /// apply. Returns the body of the answer.
    fn send_without_keys(&self, method: &str, target: &str, body: &Value) -> Value {
        let request = Request { wire_length: 0, ..Request::json(method, target, body) };
        let answer = self.shared.intake.handle(&request);
        if answer.status >= 300 {
            panic_refused(&answer);
        }
        serde_json::from_slice(&answer.body).expect("an answer in JSON")
    }
}

impl Shared {
    fn answer(&self, request: &Request) -> Answer {
        if request.header("dd-api-key") != Some(DatadogIntake::KEY) {
            return error(403, "Forbidden");
        }
        let (method, path) = (&*request.method, request.path());
        if requires_application_key(method, path)
            && request.header("dd-application-key") != Some(DatadogIntake::APP_KEY)
        {
            return error(403, "Forbidden");
        }
        let payload = match (method, path) {
            ("POST", SERIES | DISTRIBUTIONS) => serde_json::from_slice::<Value>(&request.body).ok(),
            _ => None,
        };
        if payload.as_ref().is_some_and(|payload| self.captured().refuses(payload)) {
            return error(400, "Payload is not in the expected format: invalid series");
        }
        let answer = self.intake.handle(request);
        if let Some(payload) = payload.filter(|_| answer.status == 202) {
            let mut captured = self.captured();
            let payloads = if path == SERIES { &mut captured.series } else { &mut captured.distributions };
            payloads.push(payload);
        }
        answer
    }

    fn captured(&self) -> MutexGuard<'_, Captured> {
        self.captured.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Captured {
    fn refuses(&self, payload: &Value) -> bool {
        let series = payload["series"].as_array().into_iter().flatten();
        let mut metrics = series.filter_map(|series| series["metric"].as_str());
        metrics.any(|metric| self.refused.contains(metric))
    }
}

fn panic_refused(refusal: &Answer) -> ! {
    panic!("Datadog refuses this: {} {}", refusal.status, String::from_utf8_lossy(&refusal.body))
}
