//! Points that must not arrive twice.

use proptest::{collection::vec, prelude::*};
use rusqlite::Connection;
use system_health_state::{PendingId, Store};

use crate::harness::{at, report};

const HERE: &str = "statsd here";
const THERE: &str = "statsd there";

fn waiting(store: &Store) -> Vec<PendingId> {
    store.pending(HERE, 1_000, None).unwrap().iter().map(|pending| pending.id).collect()
}

/// A store with a number of waiting points, and their ids.
fn store_with_points(count: usize) -> (Store, Vec<PendingId>) {
    let store = Store::in_memory().unwrap();
    store.record(&report(1, &vec![1.0; count]), &[HERE, THERE]).unwrap();
    let ids = waiting(&store);
    (store, ids)
}

#[test]
fn points_that_are_being_sent_are_not_waiting() {
    let (store, ids) = store_with_points(5);

    assert_eq!(store.begin_sending(HERE, &ids[1..3], at(1)).unwrap(), ids[1..3]);

    assert_eq!(waiting(&store), [ids[0], ids[3], ids[4]]);
    assert_eq!(store.pending_count(HERE).unwrap(), 3);
    assert_eq!(store.pending_counts().unwrap()[HERE], 3);
    assert_eq!(store.pending_count(THERE).unwrap(), 5);
    assert_eq!(store.expire(HERE, &(at(2)..at(3))).unwrap(), 3, "points that are being sent do not expire");
    assert_eq!(store.give_up_sending(HERE, at(2)).unwrap(), 2);
}

#[test]
fn only_one_process_may_send_a_point() {
    let (store, ids) = store_with_points(4);
    store.settle(HERE, &ids[3..]).unwrap();

    assert_eq!(store.begin_sending(HERE, &ids[1..2], at(1)).unwrap(), ids[1..2]);

    assert_eq!(store.begin_sending(HERE, &ids, at(1)).unwrap(), [ids[0], ids[2]]);
}

#[test]
fn returned_points_wait_again_unless_they_were_settled() {
    let (store, ids) = store_with_points(4);
    store.begin_sending(HERE, &ids, at(1)).unwrap();
    store.settle(HERE, &ids[..1]).unwrap();

    store.return_to_outbox(HERE, &ids[..3]).unwrap();

    assert_eq!(waiting(&store), ids[1..3]);
    assert_eq!(store.give_up_sending(HERE, at(2)).unwrap(), 1);
    store.return_to_outbox(HERE, &ids).unwrap();
    assert_eq!(waiting(&store), ids[1..3], "points that were given up do not wait again");
}

#[test]
fn points_that_are_being_sent_for_too_long_are_given_up_and_counted() {
    let (store, ids) = store_with_points(4);
    store.begin_sending(HERE, &ids[..1], at(10)).unwrap();
    store.begin_sending(HERE, &ids[1..3], at(20)).unwrap();

    assert_eq!(store.give_up_sending(HERE, at(10)).unwrap(), 0);
    assert_eq!(store.give_up_sending(THERE, at(30)).unwrap(), 0);
    assert_eq!(store.give_up_sending(HERE, at(20)).unwrap(), 1);
    assert_eq!(store.give_up_sending(HERE, at(21)).unwrap(), 2);
    assert_eq!(waiting(&store), ids[3..]);
}

#[test]
fn points_with_a_sending_time_from_a_wrong_clock_are_given_up() {
    let (store, ids) = store_with_points(1);
    let day = 24 * 60 * 60;
    store.begin_sending(HERE, &ids, at(2 * day)).unwrap();

    assert_eq!(store.give_up_sending(HERE, at(day)).unwrap(), 0);
    assert_eq!(store.give_up_sending(HERE, at(day - 1)).unwrap(), 1);
}

#[test]
fn a_repeated_run_does_not_replace_points_that_are_being_sent() {
    let (store, ids) = store_with_points(2);
    store.begin_sending(HERE, &ids[..1], at(1)).unwrap();

    store.record(&report(1, &[5.0, 6.0]), &[HERE]).unwrap();

    let waiting = store.pending(HERE, 9, None).unwrap();
    assert_eq!(
        waiting.iter().map(|pending| pending.point.value.number().unwrap()).collect::<Vec<_>>(),
        [5.0, 6.0]
    );
    assert_eq!(store.give_up_sending(HERE, at(2)).unwrap(), 1);
}

#[test]
fn a_run_is_not_deleted_while_its_points_are_being_sent() {
    let (store, ids) = store_with_points(1);
    store.settle(THERE, &ids).unwrap();
    store.begin_sending(HERE, &ids, at(1)).unwrap();

    assert_eq!(store.delete_older_than(at(9)).unwrap(), 0);
    assert_eq!(store.give_up_sending(HERE, at(9)).unwrap(), 1);
    assert_eq!(store.delete_older_than(at(9)).unwrap(), 1);
}

#[test]
fn adjacent_ranges_are_joined_when_points_return() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap().store;
    store.record(&report(1, &[1.0; 100]), &[HERE]).unwrap();
    let ids = waiting(&store);
    let every_second: Vec<PendingId> = ids.iter().step_by(2).copied().collect();

    assert_eq!(store.begin_sending(HERE, &every_second, at(1)).unwrap(), every_second);
    store.return_to_outbox(HERE, &every_second).unwrap();

    assert_eq!(waiting(&store), ids);
    let file = Connection::open(folder.path().join(Store::FILE_NAME)).unwrap();
    let rows: i64 = file.query_row("SELECT count(*) FROM outbox", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 1);
}

/// The state of a point in the model.
#[derive(Debug, Clone, Copy, PartialEq)]
enum PointState {
    Waiting,
    Sending,
    Removed,
}

#[derive(Debug, Clone)]
enum Step {
    Begin,
    Return,
    Settle,
    GiveUp,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Begin),
        3 => Just(Step::Return),
        2 => Just(Step::Settle),
        1 => Just(Step::GiveUp),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// The store keeps ranges of points. The model keeps a state for each point.
    #[test]
    fn ranges_behave_like_a_state_for_each_point(
        steps in vec((step(), vec(any::<bool>(), 12)), 1..12),
    ) {
        let store = Store::in_memory().unwrap();
        for seconds in 1..=2 {
            store.record(&report(seconds, &[0.0; 6]), &[HERE, THERE]).unwrap();
        }
        let ids = waiting(&store);
        let mut model = vec![PointState::Waiting; ids.len()];
        for (step, chosen) in steps {
            let chosen: Vec<usize> = (0..ids.len()).filter(|index| chosen[*index]).collect();
            let chosen_ids: Vec<PendingId> = chosen.iter().map(|index| ids[*index]).collect();
            let mut change = |from: &[PointState], to| {
                let changed: Vec<usize> =
                    chosen.iter().copied().filter(|index| from.contains(&model[*index])).collect();
                for index in &changed {
                    model[*index] = to;
                }
                changed
            };
            match step {
                Step::Begin => {
                    let begun = change(&[PointState::Waiting], PointState::Sending);
                    let expected: Vec<PendingId> = begun.iter().map(|index| ids[*index]).collect();
                    prop_assert_eq!(store.begin_sending(HERE, &chosen_ids, at(1)).unwrap(), expected);
                }
                Step::Return => {
                    change(&[PointState::Sending], PointState::Waiting);
                    store.return_to_outbox(HERE, &chosen_ids).unwrap();
                }
                Step::Settle => {
                    change(&[PointState::Waiting, PointState::Sending], PointState::Removed);
                    store.settle(HERE, &chosen_ids).unwrap();
                }
                Step::GiveUp => {
                    let sending = model.iter().filter(|state| **state == PointState::Sending).count();
                    prop_assert_eq!(store.give_up_sending(HERE, at(2)).unwrap(), sending as u64);
                    for state in model.iter_mut().filter(|state| **state == PointState::Sending) {
                        *state = PointState::Removed;
                    }
                }
            }
            let expected: Vec<PendingId> =
                ids.iter().zip(&model).filter(|(_, state)| **state == PointState::Waiting).map(|(id, _)| *id).collect();
            prop_assert_eq!(waiting(&store), expected);
        }
        prop_assert_eq!(store.pending_count(THERE).unwrap(), 12, "no other outbox is touched");
    }
}
