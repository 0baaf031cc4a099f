//! Runs that are recorded in a second store, and calls that are cancelled.

use std::sync::Arc;

use system_health_registry::Temporality;
use system_health_state::{Call, Recipient, Store, StoreError};

use crate::harness::{Total, at, counters, counts_since, durations, report};

const HERE: &str = "statsd here";

#[test]
fn points_that_must_come_from_one_store_only_are_withheld() {
    let here = Recipient::from(HERE);
    let adds_up = Recipient { adds_up: vec!["count"], ..here.clone() };
    let deltas = Recipient { counters: Temporality::Delta, ..here.clone() };
    let totals = Recipient { distributions: Temporality::Cumulative, ..here.clone() };
    let total = Total { queue: "a", value: 1.0, start: Some(at(1)) };
    let (counts, counters, durations) =
        (report(1, &[1.0, 2.0]), counters(1, &[total]), durations(1, &[1.0, 2.0]));
    for (report, recipient, withheld, waiting) in [
        (&counts, &here, 0, 2),
        (&counts, &adds_up, 2, 0),
        (&counts, &deltas, 0, 2),
        (&counters, &here, 0, 1),
        (&counters, &deltas, 1, 0),
        (&counts_since(100, 40), &here, 1, 0),
        (&durations, &here, 0, 1),
        (&durations, &totals, 1, 0),
    ] {
        let store = Store::in_memory().unwrap();

        let copy = store.record_copy(report, std::slice::from_ref(recipient)).unwrap();

        assert_eq!(copy.withheld[HERE], withheld, "{recipient:?}");
        assert_eq!(store.pending_count(HERE).unwrap(), waiting, "{recipient:?}");
        assert_eq!(store.baseline_count(HERE, copy.run).unwrap(), 0, "{recipient:?}");
    }
}

#[test]
fn a_cancelled_call_changes_nothing() {
    let store = Store::in_memory().unwrap();
    let call = Arc::new(Call::default());
    assert!(call.try_cancel());

    let recorded = store.for_call(Arc::clone(&call)).record(&report(1, &[1.0]), &[HERE]);

    assert!(matches!(recorded, Err(StoreError::CallCancelled { .. })), "{recorded:?}");
    assert_eq!(store.pending_count(HERE).unwrap(), 0);
    assert!(call.try_cancel(), "it has still changed nothing");
}

#[test]
fn a_call_that_has_committed_cannot_be_cancelled() {
    let store = Store::in_memory().unwrap();
    let call = Arc::new(Call::default());
    store.for_call(Arc::clone(&call)).record(&report(1, &[1.0]), &[HERE]).unwrap();

    assert!(!call.try_cancel());
    assert_eq!(store.pending_count(HERE).unwrap(), 1);
}
