//! Deliveries to a simulated Datadog, which refuses certain series and sizes, and responds in any order.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use proptest::{collection::vec, prelude::*};
use tokio::task::yield_now;

use super::*;
use crate::deliver::cut::{ENVELOPE, cut};

/// Maximum size of a payload.
const LIMIT: usize = ENVELOPE + 600;
/// Maximum size of a compressed payload. The simulated compression divides the size by three.
const COMPRESSED_LIMIT: usize = 150;

#[derive(Debug, Clone)]
struct TestSeries {
    size: usize,
    bad: bool,
    /// How often a payload that starts with this series yields to other payloads before its response.
    yields: usize,
}

/// What a test observed of a delivery.
#[derive(Debug, Default)]
struct Observed {
    requests: Vec<Range<usize>>,
    max_in_flight: usize,
    in_flight: usize,
    /// The number of requests when the delivery was stopped.
    requests_at_stop: Option<usize>,
    fates: Vec<Vec<Fate>>,
}

impl Observed {
    fn positions(&self, has_fate: impl Fn(&Fate) -> bool) -> Vec<usize> {
        let matching = |(position, fates): (usize, &Vec<Fate>)| has_fate(&fates[0]).then_some(position);
        self.fates.iter().enumerate().filter_map(matching).collect()
    }

    fn accepted(&self) -> Vec<usize> {
        self.positions(|fate| matches!(fate, Fate::Accepted))
    }

    fn refused(&self) -> Vec<usize> {
        self.positions(|fate| matches!(fate, Fate::Refused(_)))
    }

    fn left(&self) -> Vec<usize> {
        self.positions(|fate| matches!(fate, Fate::Left(_)))
    }
}

fn failure(text: &str) -> DeliveryError {
    DeliveryError::new(text)
}

fn plain_size(series: &[TestSeries]) -> usize {
    ENVELOPE + series.iter().map(|series| series.size + 1).sum::<usize>() - 1
}

fn compressed_size(series: &[TestSeries]) -> usize {
    plain_size(series) / 3
}

fn is_unfit(series: &TestSeries) -> bool {
    ENVELOPE + series.size > LIMIT
}

fn is_refused(series: &[TestSeries]) -> bool {
    compressed_size(series) > COMPRESSED_LIMIT || series.iter().any(|series| series.bad)
}

fn pieces(series: &[TestSeries]) -> impl Iterator<Item = Piece<DeliveryError>> {
    let size =
        |series: &TestSeries| if is_unfit(series) { Err(failure("too large")) } else { Ok(series.size) };
    cut(series.iter().map(size), LIMIT)
}

/// Delivers to the simulated Datadog. `answer` overrides its response to a payload.
fn deliver(
    series: &[TestSeries],
    budget: Budget,
    answer: impl Fn(&Range<usize>) -> Option<Sent>,
) -> Observed {
    let observed =
        Rc::new(RefCell::new(Observed { fates: vec![vec![]; series.len()], ..Observed::default() }));
    let send = |points: Range<usize>| {
        let (observed, sent) = (Rc::clone(&observed), &series[points.clone()]);
        let answer = answer(&points);
        // A payload that is too large after compression is never sent.
        let is_sent = compressed_size(sent) <= COMPRESSED_LIMIT;
        async move {
            if is_sent {
                let mut observed = observed.borrow_mut();
                observed.requests.push(points);
                observed.in_flight += 1;
                observed.max_in_flight = observed.max_in_flight.max(observed.in_flight);
            }
            for _ in 0..sent[0].yields {
                yield_now().await;
            }
            let mut observed = observed.borrow_mut();
            observed.in_flight -= usize::from(is_sent);
            if let Some(Sent::Stopped(_)) = answer {
                observed.requests_at_stop = Some(observed.requests.len());
            }
            answer.unwrap_or_else(|| {
                if is_refused(sent) { Sent::Refused(failure("bad")) } else { Sent::Accepted }
            })
        }
    };
    let settlements = async { settle(pieces(series), budget, 4, send).collect::<Vec<_>>().await };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for Settlement { points, fate } in runtime.block_on(settlements) {
        for fates in &mut observed.borrow_mut().fates[points] {
            fates.push(fate.clone());
        }
    }
    Rc::into_inner(observed).unwrap().into_inner()
}

fn series() -> impl Strategy<Value = Vec<TestSeries>> {
    // Most series are small and good. Some are bad, too large when compressed, or too large in any case.
    let size = prop_oneof![8 => 1..40_usize, 1 => 1..700_usize];
    let bad = prop_oneof![9 => Just(false), 1 => Just(true)];
    let one = (size, bad, 0..6_usize).prop_map(|(size, bad, yields)| TestSeries { size, bad, yields });
    vec(one, 0..300)
}

fn generous() -> Budget {
    Budget { refusals: usize::MAX, splits: usize::MAX }
}

proptest! {
    #[test]
    fn every_point_has_one_fate_and_no_payload_exceeds_the_limit(series in series()) {
        let observed = deliver(&series, generous(), |_| None);

        prop_assert!(observed.fates.iter().all(|fates| fates.len() == 1), "{:?}", observed.fates);
        for points in &observed.requests {
            prop_assert!(plain_size(&series[points.clone()]) <= LIMIT);
        }
        prop_assert!(observed.max_in_flight <= 4);
        let to_refuse = |one: &TestSeries| is_unfit(one) || is_refused(std::slice::from_ref(one));
        let expected: Vec<_> = (0..series.len()).filter(|position| to_refuse(&series[*position])).collect();
        prop_assert_eq!(observed.refused(), expected);
        prop_assert_eq!(observed.left(), [0; 0]);
    }

    #[test]
    fn the_budget_bounds_the_requests_and_the_remaining_points_are_left(
        series in series(),
        refusals in 0..10_usize,
        splits in 0..40_usize,
    ) {
        let observed = deliver(&series, Budget { refusals, splits }, |_| None);

        prop_assert!(observed.fates.iter().all(|fates| fates.len() == 1), "{:?}", observed.fates);
        let allowed = splits + SPLITS_FOR_ONE * observed.accepted().len();
        prop_assert!(observed.requests.len() <= pieces(&series).count() + 2 * allowed);
        let good = |position: &usize| !series[*position].bad;
        prop_assert!(observed.accepted().iter().all(good));
        let may_be_refused = |one: &TestSeries| is_unfit(one) || is_refused(std::slice::from_ref(one));
        prop_assert!(observed.refused().iter().all(|position| may_be_refused(&series[*position])));
        for position in observed.left() {
            let Fate::Left(error) = &observed.fates[position][0] else { unreachable!() };
            prop_assert!(error.to_string().starts_with("the payload contains a refused series"), "{}", error);
        }
    }

    #[test]
    fn a_payload_that_is_left_does_not_affect_the_others(series in series(), starts in any::<u64>()) {
        let is_left = |points: &Range<usize>| starts >> (points.start % 64) & 1 == 1;
        let left_points = Cell::new(0);
        let leave = |points: &Range<usize>| {
            left_points.set(left_points.get() + points.len());
            Sent::Left(failure("no response"))
        };
        let observed = deliver(&series, generous(), |points| is_left(points).then(|| leave(points)));

        prop_assert!(observed.fates.iter().all(|fates| fates.len() == 1), "{:?}", observed.fates);
        prop_assert_eq!(observed.left().len(), left_points.get());
        prop_assert!(observed.accepted().iter().all(|position| !series[*position].bad));
    }

    #[test]
    fn nothing_is_sent_after_a_stop(series in series(), at in 0..300_usize) {
        let stops = |points: &Range<usize>| points.contains(&at);
        let observed = deliver(&series, generous(), |points| stops(points).then(|| Sent::Stopped(failure("stop"))));

        prop_assert!(observed.fates.iter().all(|fates| fates.len() == 1), "{:?}", observed.fates);
        if let Some(requests) = observed.requests_at_stop {
            prop_assert_eq!(observed.requests.len(), requests);
            prop_assert!(observed.left().contains(&at));
        }
    }
}

#[test]
fn the_search_is_bounded_if_everything_is_refused() {
    let series_count = 20_000;
    let whole = [Piece::Fitting(0..series_count)];
    let requests = RefCell::new(0);
    let send = |_: Range<usize>| {
        *requests.borrow_mut() += 1;
        std::future::ready(Sent::Refused(failure("no")))
    };

    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let settled: Vec<_> = runtime.block_on(settle(whole.into_iter(), Budget::default(), 4, send).collect());

    let refused = settled.iter().filter(|one| matches!(one.fate, Fate::Refused(_))).count();
    assert!((64..80).contains(&refused), "{refused}");
    assert_eq!(settled.iter().map(|one| one.points.len()).sum::<usize>(), series_count);
    assert!(requests.into_inner() < 250);
}

#[test]
fn accepted_payloads_extend_the_budget() {
    let is_bad: Vec<_> = (0..10_000).map(|position| position % 10 == 0).collect();
    let contains_bad = |points: &Range<usize>| is_bad[points.clone()].contains(&true);
    let requests = RefCell::new(0);
    let send = |points| {
        *requests.borrow_mut() += 1;
        std::future::ready(if contains_bad(&points) { Sent::Refused(failure("bad")) } else { Sent::Accepted })
    };
    let whole = [Piece::Fitting(0..is_bad.len())];

    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let settled: Vec<_> = runtime.block_on(settle(whole.into_iter(), Budget::default(), 4, send).collect());

    let points = |has_fate: fn(&Fate) -> bool| -> usize {
        settled.iter().filter(|one| has_fate(&one.fate)).map(|one| one.points.len()).sum()
    };
    assert_eq!(points(|fate| matches!(fate, Fate::Accepted)), 9_000);
    assert_eq!(points(|fate| matches!(fate, Fate::Refused(_))), 1_000);
    assert!(requests.into_inner() < 10_000);
}

#[test]
fn settlements_come_as_soon_as_they_are_known() {
    let send = |points: Range<usize>| async move {
        if points.start == 0 {
            std::future::pending::<()>().await;
        }
        Sent::Accepted
    };
    let pieces = (0..9).map(|position| Piece::Fitting(position..position + 1));
    let mut settlements = std::pin::pin!(settle(pieces, generous(), 4, send));

    let mut known = Vec::new();
    while let Some(Some(settlement)) = futures::FutureExt::now_or_never(settlements.next()) {
        known.push(settlement.points.start);
    }

    known.sort_unstable();
    assert_eq!(known, [1, 2, 3, 4, 5, 6, 7, 8]);
}
