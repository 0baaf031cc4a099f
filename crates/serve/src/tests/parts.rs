//! Parts of the page that other crates add.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};
use system_health_page::Documents;
use system_health_registry::Catalog;
use system_health_reporter::FinishedRun;

use super::{
    http::{RunningServer, served},
    stage::{Stage, at, builder, configuration, one},
};
use crate::{
    clock::Clock,
    latest::Latest,
    page_part::{AnswerError, PagePart, PagePartType, PartSettings},
    parts::Parts,
};

const PATH: &str = "/api/v1/monitors";

const KEYS: PagePartType = PagePartType {
    documents: &[Documents::Monitors],
    paths: &[PATH],
    start: |settings| Arc::new(Keys { settings: Mutex::new(settings), runs: AtomicUsize::new(0) }),
};

/// Shows the keys of the catalog and the number of runs.
#[derive(Debug)]
struct Keys {
    settings: Mutex<PartSettings>,
    runs: AtomicUsize,
}

impl PagePart for Keys {
    fn configure(&self, settings: PartSettings) {
        *self.settings.lock().unwrap() = settings;
    }

    fn observe(&self, _finished: &FinishedRun) {
        self.runs.fetch_add(1, Ordering::Relaxed);
    }

    fn answer(&self, path: &str, query: &str) -> Result<Value, AnswerError> {
        let settings = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        let keys: Vec<&str> = settings.catalog.metrics().iter().map(|metric| metric.key()).collect();
        match query {
            "wrong" => Err(AnswerError::Request("that is wrong".to_owned())),
            "broken" => Err(AnswerError::Failed("that is broken".to_owned())),
            "panic" => panic!("for a test"),
            _ => Ok(json!({ "path": path, "keys": keys, "runs": self.runs.load(Ordering::Relaxed) })),
        }
    }
}

fn parts() -> Parts {
    Parts::start([KEYS], &served(None)).unwrap()
}

#[tokio::test]
async fn a_part_answers_behind_the_same_checks_as_the_other_documents() {
    const TOKEN: &str = "0123456789abcdef0123456789abcdef";
    let latest = Arc::new(Latest::new(served(Some(TOKEN))));
    let server = RunningServer::start_with(latest, parts(), Clock::default(), None);
    let bearer = format!("Authorization: Bearer {TOKEN}\r\n");

    let found = server.get(PATH, &bearer).await;
    assert_eq!(found.status, 200);
    let document: Value = serde_json::from_str(&found.body).unwrap();
    assert_eq!(document, json!({ "path": PATH, "keys": ["a"], "runs": 0 }));
    assert_eq!(server.get(PATH, "").await.status, 401);
    let rebound = server.send(&format!("GET {PATH} HTTP/1.1\r\nHost: evil.example\r\n{bearer}\r\n")).await;
    assert_eq!(rebound.status, 421);
    let page = server.get("/", "").await;
    assert!(page.body.contains("<meta name=\"documents\" content=\"monitors report traces\">"));
}

#[tokio::test]
async fn a_part_that_cannot_answer_says_why() {
    let server =
        RunningServer::start_with(Arc::new(Latest::new(served(None))), parts(), Clock::default(), None);

    for (query, status, text) in [("wrong", 400, "that is wrong\n"), ("broken", 500, "that is broken\n")] {
        let response = server.get(&format!("{PATH}?{query}"), "").await;
        assert_eq!((response.status, response.body.as_str()), (status, text));
    }
    assert_eq!(server.get(&format!("{PATH}?panic"), "").await.status, 500);
    assert_eq!(server.get(PATH, "").await.status, 200, "later requests are still answered");
}

#[tokio::test]
async fn the_path_of_a_part_that_is_not_linked_is_not_found() {
    let latest = Arc::new(Latest::new(served(None)));
    let server = RunningServer::start_with(latest, Parts::default(), Clock::default(), None);

    assert_eq!(server.get(PATH, "").await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn a_part_takes_each_run_and_new_settings() {
    let parts = parts();
    let mut stage = Stage::new(at(0));
    stage.parts = parts.clone();
    let configured =
        |key: &str| configuration(builder([one(key)], &[]), 10, Catalog::new([one(key)]).unwrap());
    let document = || {
        let (_, part) = parts.paths().next().unwrap();
        part.answer(PATH, "").unwrap()
    };
    let after = |runs, _: &FinishedRun| match runs {
        1 => {
            assert_eq!(document()["runs"], 1, "whoever reads the log finds the run");
            stage.reload.send(()).unwrap();
        }
        2 => stage.stop(),
        _ => {}
    };

    stage.run(configured("a"), async || Some(configured("b")), after).await;

    assert_eq!((document()["keys"].clone(), document()["runs"].clone()), (json!(["b"]), json!(2)));
}

#[test]
fn two_parts_with_the_same_path_are_refused() {
    let error = Parts::start([KEYS, KEYS], &served(None)).unwrap_err().to_string();

    assert_eq!(error, "two linked crates add /api/v1/monitors to the service; link only one of them");
}

#[test]
fn a_part_with_a_path_of_the_service_is_refused() {
    for paths in [&["/"], &["/metrics"], &["/readyz"], &["/api/v1/report"], &["/api/v1/traces"]] {
        let error = Parts::start([PagePartType { paths, ..KEYS }], &served(None)).unwrap_err().to_string();

        let expected = format!(
            "a linked crate adds {} to the service, but the service itself has this path; the crate must use another one",
            paths[0]
        );
        assert_eq!(error, expected);
    }
}

#[test]
fn a_part_with_a_path_that_is_not_plain_is_refused() {
    for paths in [&[""], &["api/v1/owners"], &["/api/v1/traces/{trace}"], &["/api/:key"], &["/api/*rest"]] {
        let error = Parts::start([PagePartType { paths, ..KEYS }], &served(None)).unwrap_err().to_string();

        assert!(
            error.starts_with(&format!("a linked crate adds `{}` to the service, but", paths[0])),
            "{error}"
        );
    }
}
