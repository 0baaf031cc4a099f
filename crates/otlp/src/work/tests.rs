//! Deliveries to a simulated receiver.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    time::{Duration, SystemTime},
};

use futures::{FutureExt, StreamExt};
use proptest::prelude::*;
use system_health_registry::{Kind, Point};

use super::*;
use crate::batch::{MAX_BODY, cut};

/// How a receiver treats points.
#[derive(Debug, Clone, Default)]
struct Receiver {
    /// Points that the receiver refuses.
    invalid: BTreeSet<usize>,
    /// Whether it refuses a whole request with an invalid point. If not, it accepts the other points of the request.
    refuses_requests: bool,
    /// Whether it refuses a point that it already has.
    refuses_repeats: bool,
}

/// The fates of points, how many times the receiver has stored each point, and the number of requests.
#[derive(Debug, Default)]
struct DeliveryResult {
    fates: BTreeMap<usize, Fate>,
    stored: BTreeMap<usize, usize>,
    requests: usize,
}

impl Receiver {
    fn deliver(&self, points: usize, batch_size: usize, adds_up: bool) -> DeliveryResult {
        let stored = RefCell::new(BTreeMap::<usize, usize>::new());
        let requests = RefCell::new(0);
        let positions: Vec<usize> = (0..points).collect();
        let batches = positions.chunks(batch_size).map(|positions| Batch {
            positions: positions.to_vec(),
            adds_up,
            search: Search::NotStarted,
        });
        let send = |batch: Batch| {
            *requests.borrow_mut() += 1;
            let mut stored = stored.borrow_mut();
            let is_refused = |position: &usize| {
                self.invalid.contains(position) || (self.refuses_repeats && stored.contains_key(position))
            };
            let (refused, accepted): (Vec<usize>, Vec<usize>) =
                batch.positions.iter().partition(|position| is_refused(position));
            let error = DeliveryError::new("too old");
            let sent = match refused.len() {
                0 => Sent::Accepted,
                _ if self.refuses_requests => Sent::Refused(error),
                refused => Sent::Partly { refused, error },
            };
            if !matches!(sent, Sent::Refused(_)) {
                for position in accepted {
                    *stored.entry(position).or_default() += 1;
                }
            }
            async { sent }
        };
        let mut fates = BTreeMap::new();
        let settlements: Vec<_> = settle(batches.collect(), send, |position| format!("`{position}`"))
            .collect()
            .now_or_never()
            .unwrap();
        for Settlement { points, fate } in settlements {
            for position in points {
                assert!(fates.insert(position, fate.clone()).is_none(), "{position} has two fates");
            }
        }
        assert_eq!(fates.len(), points);
        DeliveryResult { fates, stored: stored.into_inner(), requests: requests.into_inner() }
    }
}

impl DeliveryResult {
    fn positions_with(&self, is_wanted: impl Fn(&Fate) -> bool) -> BTreeSet<usize> {
        self.fates.iter().filter(|(_, fate)| is_wanted(fate)).map(|(position, _)| *position).collect()
    }

    fn refused(&self) -> BTreeSet<usize> {
        self.positions_with(|fate| matches!(fate, Fate::Refused(_)))
    }

    fn unknown(&self) -> BTreeSet<usize> {
        self.positions_with(|fate| matches!(fate, Fate::Unknown(_)))
    }

    fn error(&self, position: usize) -> String {
        match &self.fates[&position] {
            Fate::Accepted => "accepted".to_owned(),
            Fate::Repeated => "repeated".to_owned(),
            Fate::Refused(error) | Fate::Left(error) | Fate::Unknown(error) => error.to_string(),
        }
    }
}

fn refusing(positions: impl IntoIterator<Item = usize>) -> Receiver {
    Receiver { invalid: positions.into_iter().collect(), ..Receiver::default() }
}

#[test]
fn refused_points_are_found_and_named() {
    let result = refusing([3, 70]).deliver(100, 50, false);

    assert_eq!(result.refused(), [3, 70].into());
    assert_eq!(result.error(3), "`3` is refused: too old");
    assert_eq!(result.stored.len(), 98);
}

#[test]
fn points_that_add_up_are_not_sent_again_to_find_the_refused_ones() {
    let result = refusing([3]).deliver(100, 50, true);

    assert_eq!(result.requests, 2);
    assert_eq!(result.unknown(), (0..50).collect());
    assert_eq!(
        result.error(0),
        "of the 50 points of a request, the receiver reports 1 as refused, and does not say which; they are not sent again, \
         because the accepted points would count twice: too old"
    );
}

#[test]
fn a_receiver_that_refuses_repeated_points_is_recognised() {
    let result = Receiver { refuses_repeats: true, ..refusing([3]) }.deliver(10, 10, false);

    assert_eq!((result.refused(), result.unknown().len()), (BTreeSet::new(), 10));
    assert_eq!(
        result.error(3),
        "of the 10 points of a request, the receiver reports 1 as refused, and 10 when the same points were sent again, so it \
         is not known which were refused: too old"
    );
}

#[test]
fn a_receiver_that_refuses_a_repeated_request_is_recognised() {
    let batch = Batch { positions: (0..10).collect(), adds_up: false, search: Search::NotStarted };
    let requests = RefCell::new(0);
    let send = |_batch: Batch| {
        *requests.borrow_mut() += 1;
        let error = DeliveryError::new("no");
        let is_first = *requests.borrow() == 1;
        let sent = if is_first { Sent::Partly { refused: 1, error } } else { Sent::Refused(error) };
        async { sent }
    };

    let settlements: Vec<_> =
        settle([batch].into(), send, |position| position).collect().now_or_never().unwrap();

    let [Settlement { points, fate: Fate::Unknown(error) }] = &settlements[..] else {
        panic!("{settlements:?}")
    };
    assert_eq!(*points, 0..10);
    assert_eq!(
        error.to_string(),
        "of the 10 points of a request, the receiver reports 1 as refused, and 10 when the same points were sent again, so it \
         is not known which were refused: no"
    );
}

#[test]
fn refused_points_are_found_if_the_receiver_counts_more_than_were_sent() {
    let batch = Batch { positions: (0..4).collect(), adds_up: false, search: Search::NotStarted };
    let send = |batch: Batch| {
        let sent = if batch.positions.contains(&2) {
            Sent::Partly { refused: 10, error: DeliveryError::new("no") }
        } else {
            Sent::Accepted
        };
        async { sent }
    };

    let settlements: Vec<_> =
        settle([batch].into(), send, |position| position).collect().now_or_never().unwrap();

    let (refused, others): (Vec<_>, Vec<_>) =
        settlements.into_iter().partition(|settlement| matches!(settlement.fate, Fate::Refused(_)));
    let refused: Vec<usize> = refused.into_iter().flat_map(|settlement| settlement.points).collect();
    assert_eq!(refused, [2]);
    assert!(others.iter().all(|settlement| matches!(settlement.fate, Fate::Accepted)), "{others:?}");
}

/// A point of a run. Its value is unique, and the receiver knows the point by it.
fn point(run: u32, number: u32) -> Point {
    Point {
        key: "a".to_owned(),
        kind: Kind::Gauge,
        unit: None,
        tags: BTreeSet::new(),
        timestamp: SystemTime::UNIX_EPOCH + run * Duration::from_mins(15),
        since: None,
        value: f64::from(run * 10 + number).into(),
    }
}

/// What happens to each request of a run.
enum RequestResult {
    Answered,
    StoredWithoutResponse,
    NotConnected,
}

/// Simulates ten runs with ten points each, and a receiver that refuses a point that it already has. Returns how many points wait
/// after each run, and how many points the receiver has stored at the end.
fn simulate_runs(
    is_invalid: impl Fn(&Point) -> bool,
    request_result: impl Fn(u32) -> RequestResult,
) -> (Vec<usize>, usize) {
    let (mut outbox, mut waiting) = (Vec::<Point>::new(), Vec::new());
    let stored = RefCell::new(BTreeSet::<String>::new());
    for run in 0..10 {
        outbox.extend((0..10).map(|number| point(run, number)));
        let send = |batch: Batch| {
            let mut stored = stored.borrow_mut();
            let points = batch.positions.iter().map(|position| &outbox[*position]);
            let mut store_and_count_refused = || {
                points
                    .clone()
                    .filter(|point| is_invalid(point) || !stored.insert(point.value.to_string()))
                    .count()
            };
            let error = || DeliveryError::new("no");
            let sent = match request_result(run) {
                RequestResult::NotConnected => Sent::Left(error()),
                RequestResult::StoredWithoutResponse => {
                    store_and_count_refused();
                    Sent::Unknown(error())
                }
                RequestResult::Answered => match store_and_count_refused() {
                    0 => Sent::Accepted,
                    refused => Sent::Partly { refused, error: error() },
                },
            };
            async { sent }
        };
        let batches = cut(&outbox, 0..outbox.len(), |_| false, MAX_BODY);
        let settlements: Vec<_> =
            settle(batches, send, |position| position).collect().now_or_never().unwrap();
        let mut kept = Vec::new();
        for Settlement { points, fate } in settlements {
            if matches!(fate, Fate::Left(_) | Fate::Unknown(_)) {
                kept.extend_from_slice(&outbox[points]);
            }
        }
        outbox = kept;
        waiting.push(outbox.len());
    }
    (waiting, stored.into_inner().len())
}

#[test]
fn after_one_invalid_point_the_points_of_its_run_wait_for_one_run() {
    let (waiting, stored) = simulate_runs(|point| point.value == 3.0, |_| RequestResult::Answered);

    assert_eq!(waiting, [10, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(stored, 99);
}

#[test]
fn if_each_run_has_an_invalid_point_only_the_points_of_the_last_run_wait() {
    let (waiting, stored) =
        simulate_runs(|point| point.value.to_string().ends_with('3'), |_| RequestResult::Answered);

    assert_eq!(waiting, [10; 10]);
    assert_eq!(stored, 90);
}

#[test]
fn points_stored_without_a_response_do_not_hold_back_later_points() {
    let request_result =
        |run| if run == 2 { RequestResult::StoredWithoutResponse } else { RequestResult::Answered };

    let (waiting, stored) = simulate_runs(|_| false, request_result);

    assert_eq!(waiting, [0, 0, 10, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(stored, 100);
}

#[test]
fn points_stored_without_a_response_do_not_hold_back_unsent_points() {
    let request_result = |run| match run {
        2 => RequestResult::StoredWithoutResponse,
        3 => RequestResult::NotConnected,
        _ => RequestResult::Answered,
    };

    let (waiting, stored) = simulate_runs(|_| false, request_result);

    assert_eq!(waiting, [0, 0, 10, 20, 0, 0, 0, 0, 0, 0]);
    assert_eq!(stored, 100);
}

#[test]
fn no_search_is_needed_if_all_points_are_refused() {
    let result = refusing(0..50).deliver(50, 50, true);

    assert_eq!((result.refused().len(), result.requests), (50, 1));
}

#[test]
fn the_search_ends_if_too_many_points_are_refused() {
    let receiver = Receiver { refuses_requests: true, ..refusing(0..5000) };

    let result = receiver.deliver(5000, 5000, false);

    assert!(result.requests < 3 * MAX_SPLITS, "{}", result.requests);
    let left = result.positions_with(|fate| matches!(fate, Fate::Left(_)));
    assert!(left.len() > 3000 && result.refused().len() + left.len() == 5000);
    assert!(result.error(*left.last().unwrap()).contains("too many others were refused"));
}

proptest! {
    #[test]
    fn fates_agree_with_what_the_receiver_has_stored(
        invalid in prop::collection::btree_set(0_usize..60, 0..12),
        batch_size in 1_usize..70,
        refuses_requests: bool,
        refuses_repeats: bool,
        adds_up: bool,
    ) {
        let receiver = Receiver { invalid: invalid.clone(), refuses_requests, refuses_repeats };

        let result = receiver.deliver(60, batch_size, adds_up);

        for (position, fate) in &result.fates {
            let stored = result.stored.get(position).copied().unwrap_or_default();
            match fate {
                Fate::Accepted => prop_assert!(stored > 0),
                Fate::Refused(_) => prop_assert_eq!(stored, 0),
                Fate::Unknown(_) => prop_assert!(adds_up || refuses_repeats),
                Fate::Left(_) | Fate::Repeated => prop_assert!(false, "{position}: {fate:?}"),
            }
            prop_assert!(!adds_up || stored <= 1);
        }
        if !adds_up && !refuses_repeats {
            prop_assert_eq!(result.refused(), invalid);
        }
    }
}
