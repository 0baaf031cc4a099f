//! `/api/v1/report?current=true`: metrics that are collected less often do not disappear between their collections. The traces of
//! the runs that the report names can be read.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::FutureExt;
use serde_json::Value;
use system_health_registry::{Catalog, Facts, IntoReading, Metric, Settings, Unavailable};
use system_health_reporter::{FinishedRun, Reporter, ReporterBuilder};
use tokio::time::{resume, sleep};

use super::{
    http::RunningServer,
    stage::{Stage, at, configuration, metric, one, starts},
    tracer::{NumberedTraces, trace_id},
};

/// Metrics whose keys start with `rare.` are collected once an hour.
const INTERVALS: &str = "[metrics.every]\n\"rare.*\" = \"1h\"\n";

/// A goal of two metrics that are collected once an hour.
const GOAL: &str = "[goals]\n\"rare.ratio\" = { goal = \"rare.errors / rare.runs < 0.5\" }\n";

/// A metric that always fails.
fn failing(key: &str) -> Metric {
    let error = || Err(Unavailable::from("503"));
    metric(Facts::new(key, "For a test."), move || async move { error() }.boxed())
}

fn builder(metrics: impl IntoIterator<Item = Metric>, settings: &str) -> ReporterBuilder {
    let settings = Settings::builder().toml(Path::new("system-health.toml"), settings).unwrap();
    Reporter::builder(settings.build().unwrap())
        .catalog(Catalog::new(metrics).unwrap())
        .without_state()
        .program("test")
        .without_required_destination()
        .tracer(Arc::new(NumberedTraces::default()))
}

fn all_metrics() -> [Metric; 4] {
    [one("a"), failing("rare.failing"), one("rare.errors"), one("rare.runs")]
}

/// A server after a number of runs, one a minute. The reporter has [`all_metrics`].
async fn after(runs: usize) -> RunningServer {
    let stage = Stage::new(at(0));
    let catalog = Catalog::new([one("a")]).unwrap();
    let (_, latest) = stage
        .runs(configuration(builder(all_metrics(), &format!("{INTERVALS}{GOAL}")), 60, catalog), runs)
        .await;
    // The connections of the tests take real time.
    resume();
    RunningServer::start(latest, stage.clock.clone(), None)
}

async fn document(server: &RunningServer, path: &str) -> Value {
    let response = server.get(path, "").await;
    assert_eq!(response.status, 200, "{response:?}");
    serde_json::from_str(&response.body).unwrap()
}

fn keys(entries: &Value) -> Vec<&str> {
    entries.as_array().unwrap().iter().map(|entry| entry["key"].as_str().unwrap()).collect()
}

fn time(seconds: u64) -> String {
    humantime::format_rfc3339_millis(at(seconds)).to_string()
}

#[tokio::test(start_paused = true)]
async fn a_rare_metric_is_shown_with_the_run_that_collected_it() {
    let server = after(3).await;

    let last = document(&server, "/api/v1/report").await;
    let current = document(&server, "/api/v1/report?current=true").await;

    assert_eq!((keys(&last["metrics"]), keys(&last["goals"])), (vec!["a"], vec![]), "the last run");
    assert_eq!(keys(&current["metrics"]), ["a", "rare.errors", "rare.failing", "rare.runs"]);
    assert_eq!(current["run"], last["run"]);
    assert_eq!(current["metrics"][0], last["metrics"][0]);
    let failing = &current["metrics"][2];
    assert_eq!((&failing["state"], &failing["causes"][0]), (&"error".into(), &"503".into()));
    assert_eq!(keys(&current["goals"]), ["rare.ratio"]);
    assert_eq!(current["goals"][0]["goal"]["met"], false);
    for entry in [failing, &current["goals"][0]] {
        assert_eq!(entry["run"]["started_at"], time(0), "{entry}");
        assert_eq!(entry["run"]["trace_id"], trace_id(1), "{entry}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rare_metric_is_replaced_by_its_next_collection() {
    let server = after(62).await;

    let current = document(&server, "/api/v1/report?current=true").await;

    assert_eq!(keys(&current["metrics"]), ["a", "rare.errors", "rare.failing", "rare.runs"]);
    let run_starts = |entries: &Value| -> Vec<Value> {
        entries.as_array().unwrap().iter().map(|entry| entry["run"]["started_at"].clone()).collect()
    };
    let hour = Value::from(time(3600));
    assert_eq!(run_starts(&current["metrics"]), [Value::Null, hour.clone(), hour.clone(), hour.clone()]);
    assert_eq!(run_starts(&current["goals"]), [hour]);
}

#[tokio::test(start_paused = true)]
async fn a_metric_that_the_settings_removed_is_not_in_the_report() {
    let stage = Stage::new(at(0));
    let catalog = || Catalog::new([one("a")]).unwrap();
    let reload = async || Some(configuration(builder([one("a")], ""), 60, catalog()));
    let next = |runs, _: &FinishedRun| match runs {
        1 => stage.reload.send(()).unwrap(),
        _ => stage.stop(),
    };
    let first = configuration(builder(all_metrics(), &format!("{INTERVALS}{GOAL}")), 60, catalog());
    let (_, latest) = stage.run(first, reload, next).await;
    resume();
    let server = RunningServer::start(latest, stage.clock.clone(), None);

    let current = document(&server, "/api/v1/report?current=true").await;

    assert_eq!((keys(&current["metrics"]), keys(&current["goals"])), (vec!["a"], vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_rare_metric_stays_if_its_next_collection_is_late() {
    let seconds = Arc::new(AtomicU64::new(0));
    let slow = Facts::new("slow", "For a test.").with_timeout(Duration::from_mins(10));
    let slow = metric(slow, {
        let seconds = Arc::clone(&seconds);
        move || {
            let seconds = seconds.load(Ordering::Relaxed);
            async move {
                sleep(Duration::from_secs(seconds)).await;
                1.0.into_reading()
            }
            .boxed()
        }
    });
    let stage = Stage::new(at(0));
    let after = |runs, _: &FinishedRun| match runs {
        // The next run starts a minute before the next collection, and ends some minutes after it.
        59 => seconds.store(400, Ordering::Relaxed),
        60 => stage.stop(),
        _ => {}
    };
    let catalog = Catalog::new([one("a")]).unwrap();
    let configuration = configuration(builder([slow, failing("rare.failing")], INTERVALS), 60, catalog);
    let (runs, latest) = stage.run(configuration, async || None, after).await;
    assert_eq!(starts(&runs).last(), Some(&3540));
    resume();
    let server = RunningServer::start(latest, stage.clock.clone(), None);

    let current = document(&server, "/api/v1/report?current=true").await;

    assert_eq!(keys(&current["metrics"]), ["rare.failing", "slow"]);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_parameter_of_the_report_is_refused() {
    let server = after(1).await;

    for query in ["current=perhaps", "curent=true"] {
        let response = server.get(&format!("/api/v1/report?{query}"), "").await;
        let expected = "the only parameter is `current`, which is true or false\n";
        assert_eq!((response.status, response.body.as_str()), (400, expected));
    }
    assert_eq!(document(&server, "/api/v1/report?current=false").await["goals"][0]["run"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn the_traces_of_earlier_runs_can_be_read() {
    let server = after(4).await;

    for number in 1..=4 {
        let trace = document(&server, &format!("/api/v1/traces/{}", trace_id(number))).await;
        assert_eq!(trace["trace_id"], trace_id(number));
    }
    let list = document(&server, "/api/v1/traces").await;
    let newest_first = [4, 3, 2, 1].map(trace_id);
    assert_eq!(list, serde_json::json!({ "traces": newest_first }));
    for unknown in [trace_id(5), "1".to_owned(), "x".to_owned()] {
        let response = server.get(&format!("/api/v1/traces/{unknown}"), "").await;
        assert_eq!(response.status, 404, "{response:?}");
    }
}
