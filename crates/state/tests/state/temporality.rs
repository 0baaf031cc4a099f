//! Counters and distributions for destinations that need another temporality than collectors return.

use std::time::Duration;

use proptest::prelude::*;
use system_health_registry::{Distribution, Kind, Point, Temporality};
use system_health_state::{Continuity, Recipient, Store};

use crate::harness::{Total, at, counters, counts_since, durations, report};

const DELTAS: &str = "datadog";
const TOTALS: &str = "prometheus";

fn recipients() -> [Recipient; 2] {
    let deltas = Recipient { counters: Temporality::Delta, ..DELTAS.into() };
    let totals = Recipient { distributions: Temporality::Cumulative, ..TOTALS.into() };
    [deltas, totals]
}

/// A counter that started at a time, in seconds.
fn total(queue: &'static str, total: f64, start: u64) -> Total {
    Total { queue, value: total, start: Some(at(start)) }
}

/// A counter whose start is not known.
fn without_start(queue: &'static str, total: f64) -> Total {
    Total { queue, value: total, start: None }
}

/// Takes all points out of an outbox.
fn deliver(store: &Store, destination: &str) -> Vec<Point> {
    let pending = store.pending(destination, 1_000, None).unwrap();
    let ids: Vec<_> = pending.iter().map(|pending| pending.id).collect();
    store.settle(destination, &ids).unwrap();
    pending.into_iter().map(|pending| pending.point).collect()
}

/// Records a run, and returns the increases that were added to the outbox and the number of baselines.
fn record(store: &Store, seconds: u64, totals: &[Total]) -> (Vec<f64>, u64) {
    let run = store.record_for(&counters(seconds, totals), &recipients()).unwrap();
    let added = deliver(store, DELTAS);
    assert!(added.iter().all(|point| matches!(point.kind, Kind::Count { .. })), "{added:?}");
    let added = added.iter().map(|point| point.value.number().unwrap()).collect();
    (added, store.baseline_count(DELTAS, run).unwrap())
}

#[test]
fn the_first_total_is_a_baseline_and_each_next_one_gives_an_increase() {
    let store = Store::in_memory().unwrap();

    assert_eq!(record(&store, 100, &[without_start("mail", 40.0)]), (vec![], 1));
    assert_eq!(record(&store, 200, &[without_start("mail", 47.0)]), (vec![7.0], 0));
    assert_eq!(record(&store, 300, &[without_start("mail", 47.0)]), (vec![0.0], 0));

    let totals: Vec<_> = deliver(&store, TOTALS).iter().map(|point| point.value.number().unwrap()).collect();
    assert_eq!(totals, [40.0, 47.0, 47.0], "other destinations get the totals");
    assert!(store.history(None, at(0)).unwrap().len() == 3, "increases are not part of the history");
}

#[test]
fn an_increase_covers_the_time_since_the_previous_run() {
    let store = Store::in_memory().unwrap();
    store.record_for(&counters(100, &[without_start("mail", 40.0)]), &recipients()).unwrap();
    store.record_for(&counters(400, &[without_start("mail", 47.0)]), &recipients()).unwrap();

    let point = deliver(&store, DELTAS).remove(0);

    assert_eq!(point.kind, Kind::Count { interval: Duration::from_mins(5) });
    assert_eq!((point.since, point.timestamp), (Some(at(100)), at(400)));
}

#[test]
fn a_smaller_total_or_a_later_start_is_a_restart_at_zero() {
    let store = Store::in_memory().unwrap();
    record(&store, 100, &[without_start("mail", 40.0), total("print", 40.0, 10)]);

    let restarted = record(&store, 200, &[without_start("mail", 3.0), total("print", 50.0, 150)]);

    assert_eq!(restarted, (vec![3.0, 50.0], 0));
}

#[test]
fn a_new_counter_that_started_after_the_previous_run_counts_from_zero() {
    let store = Store::in_memory().unwrap();
    record(&store, 100, &[total("mail", 40.0, 10)]);

    let added =
        record(&store, 200, &[total("mail", 40.0, 10), total("new", 5.0, 150), total("old", 70.0, 90)]);

    assert_eq!(added, (vec![0.0, 5.0], 1), "`old` may have grown before the previous run");
}

#[test]
fn a_counter_that_started_while_the_reporter_was_watching_counts_from_zero() {
    let store = Store::in_memory().unwrap();
    let watching = recipients().map(|recipient| Recipient { watching_since: Some(at(90)), ..recipient });

    let run = store.record_for(&counters(100, &[total("new", 4.0, 95), total("old", 40.0, 85)]), &watching);

    let added: Vec<_> = deliver(&store, DELTAS).iter().map(|point| point.value.number().unwrap()).collect();
    assert_eq!((added, store.baseline_count(DELTAS, run.unwrap()).unwrap()), (vec![4.0], 1));
}

#[test]
fn if_totals_may_have_been_forgotten_every_first_total_is_a_baseline() {
    let store = Store::in_memory().unwrap();
    let forgetful = recipients().map(|recipient| Recipient { watching_since: None, ..recipient });

    let run = store.record_for(&counters(100, &[total("new", 4.0, 95)]), &forgetful).unwrap();

    assert_eq!((deliver(&store, DELTAS).len(), store.baseline_count(DELTAS, run).unwrap()), (0, 1));
}

#[test]
fn points_that_continue_earlier_runs_are_withheld_if_the_store_lacks_those_runs() {
    let (count, values) = (|| counts_since(100, 40), || durations(100, &[1.0]));
    for (continuity, report, recipient, withheld) in [
        (Continuity::Kept, count(), DELTAS, 0),
        (Continuity::Interrupted, count(), DELTAS, 1),
        // No run continues an earlier one, so each count is complete.
        (Continuity::None, count(), DELTAS, 0),
        (Continuity::Kept, values(), TOTALS, 0),
        (Continuity::Interrupted, values(), TOTALS, 1),
        (Continuity::None, values(), TOTALS, 1),
        // This destination gets only the values of one run.
        (Continuity::Interrupted, values(), DELTAS, 0),
    ] {
        let store = Store::in_memory().unwrap();
        let recipients = recipients().map(|it| Recipient { continuity, ..it });

        let run = store.record_for(&report, &recipients).unwrap();

        let case = format!("{continuity:?}, {recipient}");
        assert_eq!(store.withheld_count(recipient, run).unwrap(), withheld, "{case}");
        assert_eq!(deliver(&store, recipient).len() as u64, 1 - withheld, "{case}");
    }
}

#[test]
fn a_run_that_is_not_later_adds_no_increase_and_loses_none() {
    let store = Store::in_memory().unwrap();
    record(&store, 100, &[without_start("mail", 40.0)]);
    record(&store, 200, &[without_start("mail", 45.0)]);

    assert_eq!(record(&store, 200, &[without_start("mail", 46.0)]), (vec![], 0));
    assert_eq!(record(&store, 150, &[without_start("mail", 47.0)]), (vec![], 0), "the clock was set back");
    assert_eq!(record(&store, 300, &[without_start("mail", 48.0)]), (vec![3.0], 0));
}

#[test]
fn a_time_far_in_the_future_does_not_stop_counting() {
    let store = Store::in_memory().unwrap();
    // A time that is more than a day ahead of the next run is from a wrong clock, and does not count as later.
    record(&store, 400_000_000, &[without_start("mail", 40.0)]);

    assert_eq!(record(&store, 100, &[without_start("mail", 45.0)]), (vec![5.0], 0));
}

#[test]
fn the_next_delivered_run_includes_the_increases_of_undelivered_runs() {
    let store = Store::in_memory().unwrap();
    record(&store, 100, &[without_start("mail", 40.0)]);
    store.record(&counters(200, &[without_start("mail", 45.0)]), &[]).unwrap();
    store.record(&counters(300, &[without_start("mail", 46.0)]), &[TOTALS]).unwrap();

    assert_eq!(record(&store, 400, &[without_start("mail", 48.0)]), (vec![8.0], 0));
}

#[test]
fn points_that_need_no_conversion_stay_in_the_outbox_in_their_order() {
    let store = Store::in_memory().unwrap();
    store.record_for(&report(100, &[1.0, 2.0]), &recipients()).unwrap();
    store.record_for(&counters(200, &[without_start("mail", 40.0)]), &recipients()).unwrap();

    let values = |destination| -> Vec<f64> {
        deliver(&store, destination).iter().map(|point| point.value.number().unwrap()).collect()
    };
    assert_eq!(values(DELTAS), [1.0, 2.0], "the first total is a baseline");
    assert_eq!(values(TOTALS), [1.0, 2.0, 40.0]);
}

#[test]
fn distributions_of_several_runs_are_added_up_for_a_destination_that_needs_totals() {
    let store = Store::in_memory().unwrap();
    for (seconds, values) in [(100, &[1.0, 2.0][..]), (200, &[4.0])] {
        store.record_for(&durations(seconds, values), &recipients()).unwrap();
    }

    let summaries = |destination| -> Vec<(u64, f64)> {
        let points = deliver(&store, destination);
        let values = points.iter().map(|point| point.value.distribution().unwrap());
        values.map(|values| (values.count(), values.sum())).collect()
    };
    assert_eq!(summaries(DELTAS), [(2, 3.0), (1, 4.0)]);
    assert_eq!(summaries(TOTALS), [(2, 3.0), (3, 7.0)]);
}

#[test]
fn a_stored_distribution_is_the_recorded_one() {
    let store = Store::in_memory().unwrap();
    let values = [0.1, -7.25, 0.0, 1e9];
    store.record(&durations(100, &values), &[DELTAS]).unwrap();

    let point = deliver(&store, DELTAS).remove(0);

    assert_eq!(point.value.distribution(), Some(&Distribution::from_values(values).unwrap()));
}

/// What happens to a counter and its reporter.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// The counter grows.
    Grow(u8),
    /// The counter restarts at zero.
    Restart,
    /// A run that is recorded.
    Run,
    /// A run in the same schedule slot as the previous one.
    RunAgain,
    /// A run that is not recorded, because the collector failed or the process was killed first.
    FailedRun,
    /// The process is killed after it has recorded its runs, and the next process opens the file.
    Kill,
    /// The points in the outbox are delivered.
    Deliver,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..10_u8).prop_map(Step::Grow),
        1 => Just(Step::Restart),
        4 => Just(Step::Run),
        1 => Just(Step::RunAgain),
        1 => Just(Step::FailedRun),
        1 => Just(Step::Kill),
        2 => Just(Step::Deliver),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_increases_are_the_growth_without_the_baselines(steps in prop::collection::vec(step(), 1..40)) {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap().store;
        let (mut now, mut value, mut start) = (100, 0.0, 50);
        // What was added to the counter, the part of it that is in no increase yet, and the totals that were baselines.
        let (mut grown, mut unrecorded, mut baselines) = (0.0, 0.0, 0.0);
        let mut delivered = 0.0;
        let mut last_run = None;
        for step in steps {
            now += 10;
            let run_at = match step {
                Step::Grow(by) => {
                    value += f64::from(by);
                    grown += f64::from(by);
                    unrecorded += f64::from(by);
                    None
                }
                Step::Restart => {
                    // Nobody can know what was added since the previous run.
                    grown -= unrecorded;
                    (value, unrecorded, start) = (0.0, 0.0, now);
                    None
                }
                Step::Run => Some(now),
                Step::RunAgain => last_run,
                Step::FailedRun => None,
                Step::Kill => {
                    store = Store::open(folder.path()).unwrap().store;
                    None
                }
                Step::Deliver => {
                    delivered += deliver(&store, DELTAS).iter().filter_map(|point| point.value.number()).sum::<f64>();
                    None
                }
            };
            let Some(time) = run_at else { continue };
            let run = store.record_for(&counters(time, &[total("mail", value, start)]), &recipients()).unwrap();
            if store.baseline_count(DELTAS, run).unwrap() > 0 {
                baselines += value;
            }
            if last_run != Some(time) {
                unrecorded = 0.0;
            }
            last_run = Some(time);
        }
        delivered += deliver(&store, DELTAS).iter().filter_map(|point| point.value.number()).sum::<f64>();
        // All values are whole numbers, so the sums are exact.
        prop_assert_eq!(delivered.to_string(), (grown - unrecorded - baselines).to_string());
    }
}
