//! Deliveries to a Datadog of a few lines, which refuses series and sizes as a test likes, and answers in
//! any order.

use std::{cell::RefCell, rc::Rc};

use proptest::{collection::vec, prelude::*};
use tokio::task::yield_now;

use super::*;
use crate::deliver::cut::{ENVELOPE, cut};

/// The longest payload, plain and "compressed" to a third.
const LIMIT: usize = ENVELOPE + 600;
const COMPRESSED_LIMIT: usize = 150;

#[derive(Debug, Clone)]
struct TestSeries {
    size: usize,
    bad: bool,
    /// How often its payload lets others overtake it.
    slow: usize,
}

/// What happened to a delivery.
#[derive(Debug, Default)]
struct Told {
    requests: Vec<Range<usize>>,
    most_in_flight: usize,
    in_flight: usize,
    /// How many requests there were when everything was stopped.
    requests_at_stop: Option<usize>,
    fates: Vec<Vec<Fate>>,
}

impl Told {
    fn positions(&self, is: impl Fn(&Fate) -> bool) -> Vec<usize> {
        let of = |(position, fates): (usize, &Vec<Fate>)| is(&fates[0]).then_some(position);
        self.fates.iter().enumerate().filter_map(of).collect()
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

fn why(text: &str) -> DeliveryError {
    DeliveryError::new(text)
}

fn plain(series: &[TestSeries]) -> usize {
    ENVELOPE + series.iter().map(|series| series.size + 1).sum::<usize>() - 1
}

fn compressed(series: &[TestSeries]) -> usize {
    plain(series) / 3
}

fn unfit(series: &TestSeries) -> bool {
    ENVELOPE + series.size > LIMIT
}

fn is_refused(series: &[TestSeries]) -> bool {
    compressed(series) > COMPRESSED_LIMIT || series.iter().any(|series| series.bad)
}

fn pieces(series: &[TestSeries]) -> impl Iterator<Item = Piece<DeliveryError>> {
    let size = |series: &TestSeries| if unfit(series) { Err(why("too large")) } else { Ok(series.size) };
    cut(series.iter().map(size), LIMIT)
}

/// Delivers to a Datadog that may answer otherwise than by the series' worth.
fn deliver(series: &[TestSeries], budget: Budget, answer: impl Fn(&Range<usize>) -> Option<Sent>) -> Told {
    let told = Rc::new(RefCell::new(Told { fates: vec![vec![]; series.len()], ..Told::default() }));
    let send = |points: Range<usize>| {
        let (told, sent) = (Rc::clone(&told), &series[points.clone()]);
        let answer = answer(&points);
        // What is too large when it is compressed never leaves.
        let leaves = compressed(sent) <= COMPRESSED_LIMIT;
        async move {
            if leaves {
                let mut told = told.borrow_mut();
                told.requests.push(points);
                told.in_flight += 1;
                told.most_in_flight = told.most_in_flight.max(told.in_flight);
            }
            for _ in 0..sent[0].slow {
                yield_now().await;
            }
            let mut told = told.borrow_mut();
            told.in_flight -= usize::from(leaves);
            if let Some(Sent::Stopped(_)) = answer {
                told.requests_at_stop = Some(told.requests.len());
            }
            answer
                .unwrap_or_else(|| if is_refused(sent) { Sent::Refused(why("bad")) } else { Sent::Accepted })
        }
    };
    let settlements = async { settle(pieces(series), budget, send).collect::<Vec<_>>().await };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for Settlement { points, fate } in runtime.block_on(settlements) {
        for fates in &mut told.borrow_mut().fates[points] {
            fates.push(fate.clone());
        }
    }
    Rc::into_inner(told).unwrap().into_inner()
}

fn series() -> impl Strategy<Value = Vec<TestSeries>> {
    // Most are small and good; some are bad, too large when compressed, or too large at all.
    let size = prop_oneof![8 => 1..40_usize, 1 => 1..700_usize];
    let bad = prop_oneof![9 => Just(false), 1 => Just(true)];
    let one = (size, bad, 0..6_usize).prop_map(|(size, bad, slow)| TestSeries { size, bad, slow });
    vec(one, 0..300)
}

fn generous() -> Budget {
    Budget { refusals: usize::MAX, splits: usize::MAX }
}

proptest! {
    #[test]
    fn cutting_and_splitting_lose_nothing_and_never_exceed_a_limit(series in series()) {
        let told = deliver(&series, generous(), |_| None);

        prop_assert!(told.fates.iter().all(|fates| fates.len() == 1), "{:?}", told.fates);
        for points in &told.requests {
            prop_assert!(plain(&series[points.clone()]) <= LIMIT);
            prop_assert!(compressed(&series[points.clone()]) <= COMPRESSED_LIMIT);
        }
        prop_assert!(told.most_in_flight <= 4);
        let to_refuse = |one: &TestSeries| unfit(one) || is_refused(std::slice::from_ref(one));
        let expected: Vec<_> = (0..series.len()).filter(|position| to_refuse(&series[*position])).collect();
        prop_assert_eq!(told.refused(), expected);
        prop_assert_eq!(told.left(), [0; 0]);
    }

    #[test]
    fn the_budget_bounds_the_requests_and_leaves_the_rest(
        series in series(),
        refusals in 0..10_usize,
        splits in 0..40_usize,
    ) {
        let told = deliver(&series, Budget { refusals, splits }, |_| None);

        prop_assert!(told.fates.iter().all(|fates| fates.len() == 1), "{:?}", told.fates);
        let allowed = splits + SPLITS_FOR_ONE * told.accepted().len();
        prop_assert!(told.requests.len() <= pieces(&series).count() + 2 * allowed);
        let good = |position: &usize| !series[*position].bad;
        prop_assert!(told.accepted().iter().all(good));
        let may_be_refused = |one: &TestSeries| unfit(one) || is_refused(std::slice::from_ref(one));
        prop_assert!(told.refused().iter().all(|position| may_be_refused(&series[*position])));
        for position in told.left() {
            let Fate::Left(error) = &told.fates[position][0] else { unreachable!() };
            prop_assert!(error.to_string().starts_with("the payload contains a refused series"), "{}", error);
        }
    }

    #[test]
    fn a_payload_that_does_not_get_there_keeps_no_other(series in series(), lost in any::<u64>()) {
        let is_lost = |points: &Range<usize>| lost >> (points.start % 64) & 1 == 1;
        let told = deliver(&series, generous(), |points| is_lost(points).then(|| Sent::Left(why("lost"))));

        prop_assert!(told.fates.iter().all(|fates| fates.len() == 1), "{:?}", told.fates);
        prop_assert!(told.accepted().iter().all(|position| !series[*position].bad));
    }

    #[test]
    fn a_stop_sends_nothing_more(series in series(), at in 0..300_usize) {
        let stops = |points: &Range<usize>| points.contains(&at);
        let told = deliver(&series, generous(), |points| stops(points).then(|| Sent::Stopped(why("stop"))));

        prop_assert!(told.fates.iter().all(|fates| fates.len() == 1), "{:?}", told.fates);
        if let Some(requests) = told.requests_at_stop {
            prop_assert_eq!(told.requests.len(), requests);
            prop_assert!(told.left().contains(&at));
        }
    }
}

#[test]
fn a_datadog_that_refuses_everything_is_not_asked_for_each_series() {
    let series = vec![TestSeries { size: 1, bad: true, slow: 0 }; 20_000];
    let all = |_: &Range<usize>| Some(Sent::Refused(why("no")));
    let whole = [Piece::Fitting(0..series.len())];
    let requests = RefCell::new(0);
    let send = |points| {
        *requests.borrow_mut() += 1;
        std::future::ready(all(&points).unwrap())
    };

    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let settled: Vec<_> = runtime.block_on(settle(whole.into_iter(), Budget::default(), send).collect());

    let refused = settled.iter().filter(|one| matches!(one.fate, Fate::Refused(_))).count();
    assert!((64..80).contains(&refused), "{refused}");
    assert_eq!(settled.iter().map(|one| one.points.len()).sum::<usize>(), series.len());
    assert!(requests.into_inner() < 250);
}

#[test]
fn where_some_are_taken_all_that_are_good_are_delivered() {
    let series: Vec<_> = (0..10_000).map(|position| position % 10 == 0).collect();
    let bad = |points: &Range<usize>| series[points.clone()].contains(&true);
    let requests = RefCell::new(0);
    let send = |points| {
        *requests.borrow_mut() += 1;
        std::future::ready(if bad(&points) { Sent::Refused(why("bad")) } else { Sent::Accepted })
    };
    let whole = [Piece::Fitting(0..series.len())];

    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let settled: Vec<_> = runtime.block_on(settle(whole.into_iter(), Budget::default(), send).collect());

    let points = |is: fn(&Fate) -> bool| -> usize {
        settled.iter().filter(|one| is(&one.fate)).map(|one| one.points.len()).sum()
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
    let mut settlements = std::pin::pin!(settle(pieces, generous(), send));

    let mut known = Vec::new();
    while let Some(Some(settlement)) = futures::FutureExt::now_or_never(settlements.next()) {
        known.push(settlement.points.start);
    }

    known.sort_unstable();
    assert_eq!(known, [1, 2, 3, 4, 5, 6, 7, 8]);
}
