//! The state file is locked for longer than a run waits. These tests wait for a second, the minimum timeout.

use rusqlite::Connection;
use system_health_registry::{Catalog, Context, Engine, Facts, IntoReading, Kind, Metric, location};
use tempfile::TempDir;
use tokio::runtime::Builder;

use super::*;
use crate::outbox::Outbox;

const OUTBOX: &str = "adding memory";

/// A report with two counts and a gauge.
async fn report() -> Arc<Report> {
    let count = Kind::Count { interval: Duration::from_mins(1) };
    let metrics = [("a", count), ("b", count), ("c", Kind::Gauge)].map(|(key, kind)| {
        Metric::new(Facts::new(key, "For a test.").with_kind(kind), location!(), |_| {
            Box::pin(async { 1.0.into_reading() })
        })
    });
    let run = Engine::new().run(&Catalog::new(metrics).unwrap(), &Context::new()).await;
    Arc::new(Report::new(run, []))
}

/// A destination that adds up counts.
fn recipients() -> [Recipient; 1] {
    [Recipient { adds_up: vec!["count"], ..OUTBOX.into() }]
}

/// The state in a folder, with the minimum timeout, and another connection that has executed this SQL.
async fn state_and_connection(sql: &str) -> (TempDir, RunState, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let now = Instant::now();
    let state = RunState::open(Ok(folder.path().to_owned()), now, now).await.unwrap();
    let other = Connection::open(folder.path().join(Store::FILE_NAME)).unwrap();
    other.execute_batch(sql).unwrap();
    (folder, state, other)
}

/// The number of waiting points. Waits until no other thread uses the store.
fn waiting(current: &CurrentStore) -> u64 {
    current.store.pending_count(OUTBOX).unwrap()
}

#[tokio::test]
async fn a_run_that_gave_up_before_the_commit_is_not_in_the_file() {
    let (_folder, state, other) = state_and_connection("BEGIN IMMEDIATE").await;
    let file = state.current().await;

    let recorded = state.record(&report().await, &recipients()).await.unwrap();
    other.execute_batch("ROLLBACK").unwrap();

    assert_eq!(waiting(&file), 0);
    assert_eq!(waiting(&recorded.current), 3);
    assert!(recorded.withheld.is_none() && !recorded.current.is_kept());
}

#[tokio::test]
async fn a_run_that_gave_up_during_the_commit_delivers_no_point_that_adds_up() {
    let (_folder, state, other) = state_and_connection("BEGIN; SELECT count(*) FROM runs").await;
    let file = state.current().await;

    let recorded = state.record(&report().await, &recipients()).await.unwrap();
    other.execute_batch("ROLLBACK").unwrap();

    assert_eq!(waiting(&file), 3, "the commit waited only for the reader");
    assert_eq!(waiting(&recorded.current), 1, "the gauge");
    let withheld = recorded.withheld.unwrap();
    assert_eq!((withheld.points[OUTBOX], withheld.is_certain), (2, false));
}

#[test]
fn points_that_are_marked_after_the_timeout_are_returned_to_the_outbox() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let (_folder, file) = runtime.block_on(async {
        let (folder, state, other) = state_and_connection("").await;
        let file = state.record(&report().await, &recipients()).await.unwrap().current;
        let outbox = Outbox { current: &file, store: file.store(), name: OUTBOX, own: None, only_own: false };
        let ids = outbox.pending(9, None).await.unwrap().iter().map(|pending| pending.id).collect();
        other.execute_batch("BEGIN; SELECT count(*) FROM runs").unwrap();

        let begun = outbox.begin_sending(ids).await;
        other.execute_batch("ROLLBACK").unwrap();

        assert!(matches!(begun, Err(StateError::Timeout(_))), "{begun:?}");
        (folder, file)
    });
    // This waits for the other thread, which marks the points, and then returns them.
    drop(runtime);

    assert_eq!(waiting(&file), 3);
}
