//! A server with the page, and with documents that a test can change.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};
use system_health_page::{Documents, Page};
use system_health_test_support::{
    chromium::Chromium,
    server::{Answer, Request, Server},
};

/// All kinds of documents.
const ALL_DOCUMENTS: [Documents; 5] =
    [Documents::Report, Documents::Monitors, Documents::Dashboards, Documents::Traces, Documents::Intake];

/// The id of the trace in the documents.
pub(crate) const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// The interval between two runs of the history.
const STEP: Duration = Duration::from_mins(15);

pub(crate) struct Site {
    server: Server,
    content: Arc<Mutex<Content>>,
}

struct Content {
    documents: BTreeMap<String, Value>,
    /// The status and the reason with which a document is refused.
    refusals: BTreeMap<&'static str, (u16, &'static str)>,
    token: Option<&'static str>,
    /// A history contains every n-th run, where n is this number. If n is not 1, all runs together have too many results.
    one_run_of: u32,
}

impl Site {
    /// A server that has all documents.
    pub(crate) fn start() -> Self {
        Self::start_with(&ALL_DOCUMENTS)
    }

    /// A server whose page offers only these documents.
    pub(crate) fn start_with(documents: &[Documents]) -> Self {
        let page = Page::new(documents.iter().copied());
        let content =
            Content { documents: initial_documents(), refusals: BTreeMap::new(), token: None, one_run_of: 1 };
        let content = Arc::new(Mutex::new(content));
        let server = Server::start({
            let content = Arc::clone(&content);
            move |request| answer(&page, &content.lock().unwrap(), request)
        });
        Self { server, content }
    }

    /// Opens a part of the page, such as `#/metric/ci.duration`, and waits until it is shown.
    pub(crate) fn open(&self, browser: &mut Chromium, fragment: &str) {
        browser.open(&self.url(fragment));
        browser.wait_for("document.querySelector('h1')");
    }

    pub(crate) fn url(&self, fragment: &str) -> String {
        format!("{}/{fragment}", self.server.url())
    }

    /// Changes a document, such as `report`.
    pub(crate) fn change(&self, path: &str, change: impl FnOnce(&mut Value)) {
        change(self.content().documents.get_mut(path).expect("a document"));
    }

    /// Adds a series with this tag to the first entry of a metric.
    pub(crate) fn add_series(&self, key: &str, tag: &str) {
        self.change("report", |report| {
            let samples = entry(report, key)["samples"].as_array_mut().expect("samples");
            let mut other = samples[0].clone();
            other["tags"] = json!([tag]);
            samples.push(other);
        });
    }

    /// Removes a document.
    pub(crate) fn remove(&self, path: &str) {
        self.content().documents.remove(path);
    }

    /// Refuses requests without this token.
    pub(crate) fn require_token(&self, token: &'static str) {
        self.content().token = Some(token);
    }

    /// From now on, a history of all runs has too many results, so a request without `thin=true` is refused. With `thin=true`, a
    /// history contains every n-th run, where n is `one_run_of`.
    pub(crate) fn thin(&self, one_run_of: u32) {
        self.content().one_run_of = one_run_of;
    }

    /// From now on, requests for a document are refused.
    pub(crate) fn refuse(&self, path: &'static str, status: u16, reason: &'static str) {
        self.content().refusals.insert(path, (status, reason));
    }

    /// From now on, requests for a document are no longer refused.
    pub(crate) fn accept(&self, path: &str) {
        self.content().refusals.remove(path);
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap()
    }
}

/// Reads everything again, as the page does from time to time.
pub(crate) fn refresh(browser: &mut Chromium) {
    browser.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
}

/// The first entry of a metric in a report.
pub(crate) fn entry<'a>(report: &'a mut Value, key: &str) -> &'a mut Value {
    let mut metrics = report["metrics"].as_array_mut().expect("metrics").iter_mut();
    metrics.find(|entry| entry["key"] == key).expect("an entry of the metric")
}

pub(crate) fn report() -> Value {
    serde_json::from_str(include_str!("documents/report.json")).unwrap()
}

fn initial_documents() -> BTreeMap<String, Value> {
    let others: BTreeMap<String, Value> =
        serde_json::from_str(include_str!("documents/others.json")).unwrap();
    let mut report = report();
    report["run"]["trace_id"] = TRACE.into();
    let trace = serde_json::from_str(include_str!("documents/trace.json")).unwrap();
    let catalog = serde_json::from_str(include_str!("documents/catalog.json")).unwrap();
    let documents = [
        ("report".to_owned(), report),
        ("traces".to_owned(), json!({ "traces": [TRACE] })),
        (format!("traces/{TRACE}"), trace),
        ("catalog".to_owned(), catalog),
    ];
    others.into_iter().chain(documents).collect()
}

fn answer(page: &Page, content: &Content, request: &Request) -> Answer {
    if request.path() == "/" {
        let html = Answer::text(200, "text/html; charset=utf-8", page.body());
        let headers = page.headers().into_iter().filter(|(name, _)| *name != "content-type");
        return headers.fold(html, |answer, (name, value)| answer.with_header(name, value));
    }
    let authorization = content.token.map(|token| format!("Bearer {token}"));
    if authorization.is_some() && request.header("authorization") != authorization.as_deref() {
        return Answer::json(401, &json!({ "error": "a token is needed" }));
    }
    let path = request.path().trim_start_matches("/api/v1/");
    if let Some((status, reason)) = content.refusals.get(path) {
        return Answer::text(*status, "text/plain; charset=utf-8", reason);
    }
    match (path, content.documents.get(path)) {
        ("history", _) => history(content, request),
        ("report", Some(report)) if request.parameter("current").as_deref() != Some("true") => {
            Answer::json(200, &without_earlier_runs(report.clone()))
        }
        (_, Some(document)) => Answer::json(200, document),
        (_, None) => Answer::json(404, &json!({ "error": "not found" })),
    }
}

/// The report of the last run, without the outcomes of earlier runs.
fn without_earlier_runs(mut report: Value) -> Value {
    for entries in ["metrics", "goals"] {
        report[entries].as_array_mut().unwrap().retain(|entry| entry.get("run").is_none());
    }
    report
}

/// The history of a metric over the last day. In each run, the metric has the state that it has in the report, with similar
/// values. If it has a value in the report, one earlier run failed.
fn history(content: &Content, request: &Request) -> Answer {
    let one_run_of = content.one_run_of;
    if one_run_of > 1 && request.parameter("thin").as_deref() != Some("true") {
        return Answer::text(400, "text/plain; charset=utf-8", "there are too many results\n");
    }
    let (key, subject) = (request.parameter("key").unwrap_or_default(), request.parameter("subject"));
    let metrics = content.documents.get("report").and_then(|report| report["metrics"].as_array());
    let entries = metrics.into_iter().flatten().filter(|entry| {
        let is_of_subject = |subject: &String| entry["subject"].as_str().unwrap_or_default() == subject;
        entry["key"] == key.as_str() && subject.as_ref().is_none_or(is_of_subject)
    });
    let now = SystemTime::now();
    let ages = || (0..96).rev().filter(move |age| age % one_run_of == 0);
    let rows: Vec<Value> =
        entries.flat_map(|entry| ages().flat_map(move |age| past_rows(entry, now, age))).collect();
    let answer = Answer::json(200, &rows);
    if one_run_of == 1 {
        return answer;
    }
    answer.with_header("system-health-one-run-of", &one_run_of.to_string())
}

/// The rows of an entry in an earlier run. `age` is the number of runs since then.
fn past_rows(entry: &Value, now: SystemTime, age: u32) -> Vec<Value> {
    let time = humantime::format_rfc3339_seconds(now - STEP * age - Duration::from_mins(1)).to_string();
    let row = |state: &str, result: Value| {
        let subject = entry["subject"].as_str().unwrap_or_default();
        let row = json!({
            "time": time, "key": entry["key"], "subject": subject, "unit": entry["unit"], "state": state,
            "trace_id": past_trace(age)
        });
        merge(row, result)
    };
    let without_value =
        |state, reason: &Value| vec![row(state, json!({ "value": null, "tags": [], "reason": reason }))];
    match entry["state"].as_str() {
        Some("error") => return without_value("error", &entry["error"]),
        Some("no_data") => return without_value("no_data", &entry["reason"]),
        _ if age == 40 => return without_value("error", &"the API answered 502".into()),
        _ => {}
    }
    let samples = entry["samples"].as_array().into_iter().flatten().map(|sample| {
        let result = json!({ "tags": sample["tags"], "reason": null });
        let value = match sample["value"].as_f64() {
            Some(value) => json!({ "value": earlier(value, age) }),
            None => json!({ "value": null, "distribution": sample["distribution"] }),
        };
        row("value", merge(result, value))
    });
    samples.collect()
}

/// The id of the trace of an earlier run. `age` is the number of runs since then.
pub(crate) fn past_trace(age: u32) -> String {
    if age == 0 { TRACE.to_owned() } else { format!("{age:032x}") }
}

/// An earlier value, on a wave that ends at the value of the report. Whole numbers stay whole.
fn earlier(value: f64, age: u32) -> f64 {
    let age = f64::from(age);
    let wave = 1.0 - 0.12 * (age / 9.0).sin().abs() - 0.06 * (age * age / 7.0).sin().abs();
    let earlier = value * wave;
    if value.fract() == 0.0 { earlier.round() } else { earlier }
}

fn merge(mut one: Value, other: Value) -> Value {
    if let (Some(one), Value::Object(other)) = (one.as_object_mut(), other) {
        one.extend(other);
    }
    one
}
