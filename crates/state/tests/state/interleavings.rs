//! The promises of the outbox, for any order of runs, deliveries, crashes and restarts. If repeated points overwrite each
//! other, the backend has in the end the newest value of each series and time, unless that value expired. If repeated points
//! are added up, no point is delivered twice, and points that a killed process was sending are counted.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{collection::vec, prelude::*};
use system_health_registry::{Point, Tag};
use system_health_state::{PendingId, PendingPoint, Store};

use crate::harness::{at, report};

/// A destination where a repeated point overwrites the first.
const OVERWRITES: &str = "datadog";
/// A destination where repeated points are added up.
const ADDS_UP: &str = "statsd";
/// How far the time of a point may be from now, in seconds, so that the backend accepts the point.
const WINDOW: u64 = 10;

#[derive(Debug, Clone)]
enum Step {
    /// Some seconds later, a run collects a number of values.
    Record { later: u64, values: usize },
    /// The backend accepts the first waiting points, and the process is killed before it records that.
    DeliverAndCrash(usize),
    /// Of the first waiting points, those with `true` are delivered and settled.
    Deliver(Vec<bool>),
    /// Points that are too old are dropped.
    Expire,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..4_u64, 0..4_usize).prop_map(|(later, values)| Step::Record { later, values }),
        (0..6_usize).prop_map(Step::DeliverAndCrash),
        vec(any::<bool>(), 0..6).prop_map(Step::Deliver),
        Just(Step::Expire),
    ]
}

/// A series and a time. A later point in the same place overwrites the earlier one.
type Place = (String, Vec<Tag>, std::time::SystemTime);

fn place(point: &Point) -> Place {
    (point.key.clone(), point.tags.iter().cloned().collect(), point.timestamp)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_newest_value_of_each_series_and_time_arrives_unless_it_expires(steps in vec(step(), 1..25)) {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap().store;
        let mut backend = BTreeMap::<Place, f64>::new();
        let mut recorded = BTreeMap::<Place, f64>::new();
        let mut expired = BTreeSet::<Place>::new();
        let (mut now, mut value) = (100, 0.0);
        for step in steps {
            match step {
                Step::Record { later, values } => {
                    now += later;
                    let values: Vec<f64> = (0..values).map(|_| { value += 1.0; value }).collect();
                    let report = report(now, &values);
                    recorded.extend(report.points().map(|point| (place(&point), point.value.number().unwrap())));
                    store.record(&report, &[OVERWRITES]).unwrap();
                }
                Step::DeliverAndCrash(count) => {
                    for pending in store.pending(OVERWRITES, count, None).unwrap() {
                        backend.insert(place(&pending.point), pending.point.value.number().unwrap());
                    }
                    drop(store);
                    store = Store::open(folder.path()).unwrap().store;
                }
                Step::Deliver(taken) => {
                    let page = store.pending(OVERWRITES, taken.len(), None).unwrap();
                    let delivered = page.iter().zip(&taken).filter(|(_, taken)| **taken);
                    let mut ids = Vec::new();
                    for (pending, _) in delivered {
                        backend.insert(place(&pending.point), pending.point.value.number().unwrap());
                        ids.push(pending.id);
                    }
                    let waiting = store.pending_count(OVERWRITES).unwrap();
                    store.settle(OVERWRITES, &ids).unwrap();
                    prop_assert_eq!(store.pending_count(OVERWRITES).unwrap(), waiting - ids.len() as u64);
                }
                Step::Expire => {
                    let oldest = at(now - WINDOW);
                    let waiting = store.pending(OVERWRITES, 1_000, None).unwrap();
                    let old: Vec<Place> =
                        waiting.iter().map(|pending| place(&pending.point)).filter(|(.., time)| *time < oldest).collect();
                    let dropped = store.expire(OVERWRITES, &(oldest..at(now + WINDOW))).unwrap();
                    prop_assert_eq!(dropped, old.len() as u64);
                    expired.extend(old);
                }
            }
        }
        for pending in store.pending(OVERWRITES, 1_000, None).unwrap() {
            backend.insert(place(&pending.point), pending.point.value.number().unwrap());
        }
        for (place, value) in recorded {
            match backend.get(&place) {
                Some(arrived) => prop_assert!(*arrived <= value, "{} is newer than the last collected value", arrived),
                None => prop_assert!(expired.contains(&place), "{:?} was lost", place),
            }
            if !expired.contains(&place) {
                prop_assert_eq!(backend.get(&place), Some(&value), "the newest value has arrived");
            }
        }
    }
}

/// The fate of a point, as far as its sender knows.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Accepted,
    /// The sender returns the point to the outbox.
    Left,
    /// The sender does not know whether the point has arrived. The value says whether it has.
    Unknown(bool),
}

/// The moment at which a sending process is killed.
#[derive(Debug, Clone, Copy)]
enum Death {
    Never,
    /// After marking the points as being sent, before sending any.
    Marked,
    /// After sending the points, before recording their fates.
    Sent,
    /// After recording the fate of every second point.
    HalfSettled,
}

#[derive(Debug, Clone)]
enum SendingStep {
    /// Some seconds later, a run collects a number of values.
    Record { later: u64, values: usize },
    /// One of two processes reads a page with a number of points.
    Read { process: usize, points: usize },
    /// A process sends the page that it read last. Other steps may have happened in between.
    Send { process: usize, fates: Vec<Fate>, death: Death },
    /// Points that are too old are dropped.
    Expire,
    /// Points that killed processes were sending are given up.
    GiveUp,
}

fn sending_step() -> impl Strategy<Value = SendingStep> {
    let fate = prop_oneof![
        3 => Just(Fate::Accepted),
        2 => Just(Fate::Left),
        1 => any::<bool>().prop_map(Fate::Unknown),
    ];
    let death = prop_oneof![
        3 => Just(Death::Never),
        1 => Just(Death::Marked),
        1 => Just(Death::Sent),
        1 => Just(Death::HalfSettled),
    ];
    prop_oneof![
        2 => (0..3_u64, 0..4_usize).prop_map(|(later, values)| SendingStep::Record { later, values }),
        3 => (0..2_usize, 0..6_usize).prop_map(|(process, points)| SendingStep::Read { process, points }),
        3 => (0..2_usize, vec(fate, 6), death)
            .prop_map(|(process, fates, death)| SendingStep::Send { process, fates, death }),
        1 => Just(SendingStep::Expire),
        1 => Just(SendingStep::GiveUp),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn points_that_add_up_never_arrive_twice_and_lost_ones_are_counted(
        steps in vec(sending_step(), 1..30),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let open = || Store::open(folder.path()).unwrap().store;
        let mut stores = [open(), open()];
        let mut pages: [Vec<PendingPoint>; 2] = Default::default();
        // Every value is recorded once, so it identifies its point.
        let (mut recorded, mut arrived) = (Vec::new(), Vec::new());
        let mut may_be_missing = Vec::new();
        let (mut never_settled, mut given_up, mut waiting_for_other) = (0, 0, 0);
        let (mut now, mut value) = (100, 0.0);
        for step in steps {
            match step {
                SendingStep::Record { later, values } => {
                    now += later;
                    let values: Vec<f64> = (0..values).map(|_| { value += 1.0; value }).collect();
                    let report = report(now, &values);
                    let replaced: Vec<Place> = report.points().map(|point| place(&point)).collect();
                    let is_replaced = |pending: &PendingPoint| replaced.contains(&place(&pending.point));
                    let waiting = stores[0].pending(ADDS_UP, 1_000, None).unwrap();
                    let replaced_waiting = waiting.iter().filter(|pending| is_replaced(pending));
                    may_be_missing.extend(replaced_waiting.map(|pending| pending.point.value.number().unwrap()));
                    let waiting = stores[0].pending(OVERWRITES, 1_000, None).unwrap();
                    waiting_for_other += values.len() - waiting.iter().filter(|pending| is_replaced(pending)).count();
                    stores[0].record(&report, &[OVERWRITES, ADDS_UP]).unwrap();
                    recorded.extend(values);
                }
                SendingStep::Read { process, points } => {
                    pages[process] = stores[process].pending(ADDS_UP, points, None).unwrap();
                }
                SendingStep::Send { process, fates, death } => {
                    let store = &stores[process];
                    let page = std::mem::take(&mut pages[process]);
                    let ids: Vec<PendingId> = page.iter().map(|pending| pending.id).collect();
                    let allowed = store.begin_sending(ADDS_UP, &ids, at(now)).unwrap();
                    let sent: Vec<(PendingId, f64, Fate)> = page
                        .iter()
                        .zip(fates)
                        .map(|(pending, fate)| (pending.id, pending.point.value.number().unwrap(), fate))
                        .filter(|(id, ..)| allowed.contains(id))
                        .collect();
                    prop_assert_eq!(sent.len(), allowed.len());
                    let has_arrived = |fate| matches!(fate, Fate::Accepted | Fate::Unknown(true));
                    for (index, (id, value, fate)) in sent.into_iter().enumerate() {
                        let is_fate_lost = match death {
                            Death::Never => false,
                            Death::Marked | Death::Sent => true,
                            Death::HalfSettled => index % 2 == 1,
                        };
                        if has_arrived(fate) && !matches!(death, Death::Marked) {
                            arrived.push(value);
                        } else if is_fate_lost || !matches!(fate, Fate::Left) {
                            may_be_missing.push(value);
                        }
                        match fate {
                            _ if is_fate_lost => never_settled += 1,
                            Fate::Left => store.return_to_outbox(ADDS_UP, &[id]).unwrap(),
                            Fate::Accepted | Fate::Unknown(_) => store.settle(ADDS_UP, &[id]).unwrap(),
                        }
                    }
                    if !matches!(death, Death::Never) {
                        stores[process] = open();
                    }
                }
                SendingStep::Expire => {
                    let oldest = at(now - WINDOW);
                    let waiting = stores[0].pending(ADDS_UP, 1_000, None).unwrap();
                    let old = waiting.iter().filter(|pending| pending.point.timestamp < oldest);
                    let old: Vec<f64> = old.map(|pending| pending.point.value.number().unwrap()).collect();
                    let dropped = stores[0].expire(ADDS_UP, &(oldest..at(now + WINDOW))).unwrap();
                    prop_assert_eq!(dropped, old.len() as u64);
                    may_be_missing.extend(old);
                }
                SendingStep::GiveUp => given_up += stores[1].give_up_sending(ADDS_UP, at(now + 1)).unwrap(),
            }
        }
        given_up += stores[0].give_up_sending(ADDS_UP, at(now + 1)).unwrap();
        let waiting = stores[1].pending(ADDS_UP, 1_000, None).unwrap();
        arrived.extend(waiting.iter().map(|pending| pending.point.value.number().unwrap()));

        prop_assert_eq!(given_up, never_settled);
        for value in recorded {
            let times = arrived.iter().filter(|arrived| arrived.to_bits() == value.to_bits()).count();
            prop_assert!(times <= 1, "{} arrived {} times", value, times);
            prop_assert!(times == 1 || may_be_missing.contains(&value), "{} was lost", value);
        }
        prop_assert_eq!(stores[0].pending_count(OVERWRITES).unwrap(), waiting_for_other as u64);
    }
}
