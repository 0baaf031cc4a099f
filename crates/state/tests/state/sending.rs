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

/// A store with so many points in it.
fn with_points(count: usize) -> (Store, Vec<PendingId>) {
    let store = Store::in_memory().unwrap();
    store.record(&report(1, &vec![1.0; count]), &[HERE, THERE]).unwrap();
    let ids = waiting(&store);
    (store, ids)
}

#[test]
fn what_is_being_sent_waits_for_nobody_else() {
    let (store, ids) = with_points(5);

    assert_eq!(store.begin_sending(HERE, &ids[1..3], at(1)).unwrap(), ids[1..3]);

    assert_eq!(waiting(&store), [ids[0], ids[3], ids[4]]);
    assert_eq!(store.waiting(HERE).unwrap(), 3);
    assert_eq!(store.outboxes().unwrap()[HERE], 3);
    assert_eq!(store.waiting(THERE).unwrap(), 5);
    assert_eq!(store.expire(HERE, &(at(2)..at(3))).unwrap(), 3, "its fate is the sender's");
    assert_eq!(store.give_up_sending(HERE, at(2)).unwrap(), 2);
}

#[test]
fn of_two_processes_that_want_to_send_a_point_one_may() {
    let (store, ids) = with_points(4);
    store.settle(HERE, &ids[3..]).unwrap();

    assert_eq!(store.begin_sending(HERE, &ids[1..2], at(1)).unwrap(), ids[1..2]);

    assert_eq!(store.begin_sending(HERE, &ids, at(1)).unwrap(), [ids[0], ids[2]]);
}

#[test]
fn what_has_certainly_not_arrived_waits_again_and_what_is_settled_does_not() {
    let (store, ids) = with_points(4);
    store.begin_sending(HERE, &ids, at(1)).unwrap();
    store.settle(HERE, &ids[..1]).unwrap();

    store.return_to_outbox(HERE, &ids[..3]).unwrap();

    assert_eq!(waiting(&store), ids[1..3]);
    assert_eq!(store.give_up_sending(HERE, at(2)).unwrap(), 1);
    store.return_to_outbox(HERE, &ids).unwrap();
    assert_eq!(waiting(&store), ids[1..3], "what was given up stays out");
}

#[test]
fn what_a_killed_run_was_sending_is_given_up_and_counted_when_no_run_can_be_sending_it() {
    let (store, ids) = with_points(4);
    store.begin_sending(HERE, &ids[..1], at(10)).unwrap();
    store.begin_sending(HERE, &ids[1..3], at(20)).unwrap();

    assert_eq!(store.give_up_sending(HERE, at(10)).unwrap(), 0);
    assert_eq!(store.give_up_sending(THERE, at(30)).unwrap(), 0);
    assert_eq!(store.give_up_sending(HERE, at(20)).unwrap(), 1);
    assert_eq!(store.give_up_sending(HERE, at(21)).unwrap(), 2);
    assert_eq!(waiting(&store), ids[3..]);
}

#[test]
fn a_mark_from_a_clock_that_was_far_ahead_is_given_up_too() {
    let (store, ids) = with_points(1);
    let day = 24 * 60 * 60;
    store.begin_sending(HERE, &ids, at(2 * day)).unwrap();

    assert_eq!(store.give_up_sending(HERE, at(day)).unwrap(), 0);
    assert_eq!(store.give_up_sending(HERE, at(day - 1)).unwrap(), 1);
}

#[test]
fn a_repeated_run_leaves_what_is_being_sent_to_its_sender() {
    let (store, ids) = with_points(2);
    store.begin_sending(HERE, &ids[..1], at(1)).unwrap();

    store.record(&report(1, &[5.0, 6.0]), &[HERE]).unwrap();

    let values = store.pending(HERE, 9, None).unwrap();
    assert_eq!(values.iter().map(|it| it.point.value).collect::<Vec<_>>(), [5.0, 6.0]);
    assert_eq!(store.give_up_sending(HERE, at(2)).unwrap(), 1);
}

#[test]
fn a_run_of_which_something_is_being_sent_is_kept() {
    let (store, ids) = with_points(1);
    store.settle(THERE, &ids).unwrap();
    store.begin_sending(HERE, &ids, at(1)).unwrap();

    assert_eq!(store.keep(at(9)).unwrap(), 0);
    assert_eq!(store.give_up_sending(HERE, at(9)).unwrap(), 1);
    assert_eq!(store.keep(at(9)).unwrap(), 1);
}

#[test]
fn an_outbox_is_ranges_again_when_what_was_sent_by_turns_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap().store;
    store.record(&report(1, &[1.0; 100]), &[HERE]).unwrap();
    let ids = waiting(&store);
    let every_second: Vec<PendingId> = ids.iter().step_by(2).copied().collect();

    assert_eq!(store.begin_sending(HERE, &every_second, at(1)).unwrap(), every_second);
    store.return_to_outbox(HERE, &every_second).unwrap();

    assert_eq!(waiting(&store), ids);
    let file = Connection::open(folder.path().join(Store::FILE)).unwrap();
    let rows: i64 = file.query_row("SELECT count(*) FROM outbox", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 1);
}

/// What may be known of a point.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    Waiting,
    Sending,
    Out,
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

    /// Against a model that has a place for each point, where the store has ranges.
    #[test]
    fn ranges_say_the_same_as_a_place_for_each_point(
        steps in vec((step(), vec(any::<bool>(), 12)), 1..12),
    ) {
        let store = Store::in_memory().unwrap();
        for seconds in 1..=2 {
            store.record(&report(seconds, &[0.0; 6]), &[HERE, THERE]).unwrap();
        }
        let ids = waiting(&store);
        let mut model = vec![Place::Waiting; ids.len()];
        for (step, chosen) in steps {
            let chosen: Vec<usize> = (0..ids.len()).filter(|index| chosen[*index]).collect();
            let these: Vec<PendingId> = chosen.iter().map(|index| ids[*index]).collect();
            let mut change = |from: &[Place], to| {
                let changed: Vec<usize> =
                    chosen.iter().copied().filter(|index| from.contains(&model[*index])).collect();
                for index in &changed {
                    model[*index] = to;
                }
                changed
            };
            match step {
                Step::Begin => {
                    let begun = change(&[Place::Waiting], Place::Sending);
                    let expected: Vec<PendingId> = begun.iter().map(|index| ids[*index]).collect();
                    prop_assert_eq!(store.begin_sending(HERE, &these, at(1)).unwrap(), expected);
                }
                Step::Return => {
                    change(&[Place::Sending], Place::Waiting);
                    store.return_to_outbox(HERE, &these).unwrap();
                }
                Step::Settle => {
                    change(&[Place::Waiting, Place::Sending], Place::Out);
                    store.settle(HERE, &these).unwrap();
                }
                Step::GiveUp => {
                    let sending = model.iter().filter(|place| **place == Place::Sending).count();
                    prop_assert_eq!(store.give_up_sending(HERE, at(2)).unwrap(), sending as u64);
                    model.iter_mut().filter(|place| **place == Place::Sending).for_each(|it| *it = Place::Out);
                }
            }
            let expected: Vec<PendingId> =
                ids.iter().zip(&model).filter(|(_, place)| **place == Place::Waiting).map(|(id, _)| *id).collect();
            prop_assert_eq!(waiting(&store), expected);
        }
        prop_assert_eq!(store.waiting(THERE).unwrap(), 12, "no other outbox is touched");
    }
}
