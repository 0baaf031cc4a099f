//! `/api/v1/history`: which rows it has, and what it leaves out.

use std::{fmt, sync::Arc, time::SystemTime};

use futures::FutureExt;
use serde_json::Value;
use system_health_registry::{
    Catalog, Context, Engine, Facts, IntoReading, Metric, Report, Sample, Subject, Tag, TagError,
    Unavailable, location,
};
use system_health_state::Store;
use tempfile::TempDir;

use super::{
    http::{Response, RunningServer, served},
    stage::{at, metric},
};
use crate::{clock::Clock, latest::Latest};

/// The header that says N if only the results of every Nth run are included.
const ONE_RUN_OF: &str = "system-health-one-run-of";

/// A metric with this many values.
fn many(values: u32) -> Metric {
    metric(Facts::new("a", "For a test."), move || {
        let sample = |number: u32| Sample::new(1.0).unwrap().with_tag("number", &number.to_string()).unwrap();
        async move { (0..values).map(sample).collect::<Vec<_>>().into_reading() }.boxed()
    })
}

/// What the metric of [`each_queue`] is about.
#[derive(Debug, Clone)]
struct Queue(&'static str);

impl Subject for Queue {
    async fn list(_context: &Context) -> Result<Vec<Self>, Unavailable> {
        Ok(["first", "second & last"].map(Queue).to_vec())
    }

    fn tags(&self) -> Result<Vec<Tag>, TagError> {
        Ok(vec![Tag::new("queue", self.0)?])
    }
}

impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A metric with one value for each queue.
fn each_queue() -> Metric {
    let facts = Facts::new("a", "For a test.");
    let metric = Metric::new(facts, location!(), |context| {
        Box::pin(async move {
            let _: Queue = context.get().await?;
            1.0.into_reading()
        })
    });
    metric.each::<Queue>()
}

/// A service that has recorded the metric at some times. Its clock shows the last of these times.
async fn after(times: &[u64], metric: Metric) -> (RunningServer, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap().store;
    let catalog = Catalog::new([metric]).unwrap();
    for time in times {
        let run = Engine::new().run(&catalog, &Context::starting_at(at(*time))).await;
        store.record(&Report::new(run, []), &[]).unwrap();
    }
    let mut served = Arc::into_inner(served(None)).unwrap();
    served.folder = Some(folder.path().to_owned());
    let clock = Clock::simulated(at(*times.last().unwrap()));
    (RunningServer::start(Arc::new(Latest::new(Arc::new(served))), clock, None), folder)
}

fn rows(response: &Response) -> Vec<Value> {
    assert_eq!(response.status, 200, "{response:?}");
    serde_json::from_str(&response.body).unwrap()
}

/// The different times of rows, oldest first.
fn times(rows: &[Value]) -> Vec<SystemTime> {
    let mut times: Vec<_> =
        rows.iter().map(|row| humantime::parse_rfc3339(row["time"].as_str().unwrap()).unwrap()).collect();
    times.sort_unstable();
    times.dedup();
    times
}

#[tokio::test]
async fn too_many_results_are_refused_or_thinned_by_whole_runs() {
    let (server, _folder) = after(&[0, 60, 120], many(10_000)).await;

    let refused = server.get("/api/v1/history?key=a", "").await;
    let thinned = server.get("/api/v1/history?key=a&thin=true", "").await;
    let fewer = server.get("/api/v1/history?key=a&thin=true&since=90s", "").await;

    let text = "there are more than 20000 results; ask for fewer with `thin=true`, with a `subject`, or with a shorter `since`\n";
    assert_eq!((refused.status, refused.body.as_str()), (400, text));
    let found = rows(&thinned);
    assert_eq!(thinned.header(ONE_RUN_OF), Some("2"));
    assert_eq!((found.len(), times(&found)), (20_000, vec![at(0), at(120)]));
    let all = rows(&fewer);
    assert_eq!(fewer.header(ONE_RUN_OF), None, "nothing is left out");
    assert_eq!((all.len(), times(&all)), (20_000, vec![at(60), at(120)]));
}

#[tokio::test]
async fn a_request_is_refused_if_one_run_alone_has_too_many_results() {
    let (server, _folder) = after(&[0], many(20_001)).await;

    let refused = server.get("/api/v1/history?key=a&thin=true", "").await;

    let text = "the newest run alone has more than 20000 results; ask for those of one `subject`\n";
    assert_eq!((refused.status, refused.body.as_str()), (400, text));
}

#[tokio::test]
async fn the_results_of_one_subject_can_be_read_alone() {
    let (server, _folder) = after(&[0, 60], each_queue()).await;

    for thin in ["", "&thin=true"] {
        let all = server.get(&format!("/api/v1/history?key=a{thin}"), "").await;
        let one = server.get(&format!("/api/v1/history?key=a&subject=second+%26%20last{thin}"), "").await;
        let unknown = server.get(&format!("/api/v1/history?key=a&subject=nobody{thin}"), "").await;

        assert_eq!(rows(&all).len(), 4);
        let of_one = rows(&one);
        assert!(of_one.iter().all(|row| row["subject"] == "second & last"), "{of_one:?}");
        assert_eq!(times(&of_one), [at(0), at(60)]);
        assert_eq!(rows(&unknown), [Value::Null; 0]);
        assert_eq!(one.header(ONE_RUN_OF), None);
    }
}
