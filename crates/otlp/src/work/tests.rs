//! Deliveries to a simulated receiver.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use futures::{FutureExt, StreamExt};
use proptest::prelude::*;

use super::*;

/// How a receiver treats points.
#[derive(Debug, Clone, Default)]
struct Receiver {
    /// Points that it refuses.
    invalid: BTreeSet<usize>,
    /// Whether it refuses a whole request with an invalid point. Otherwise it accepts the other points.
    refuses_requests: bool,
    /// Whether it refuses a point that it already has.
    refuses_repeats: bool,
}

/// The fates of points, and how often the receiver has stored each.
#[derive(Debug, Default)]
struct Ended {
    fates: BTreeMap<usize, Fate>,
    stored: BTreeMap<usize, usize>,
    requests: usize,
}

impl Receiver {
    fn deliver(&self, points: usize, in_batch: usize, adds_up: bool) -> Ended {
        let stored = RefCell::new(BTreeMap::<usize, usize>::new());
        let requests = RefCell::new(0);
        let positions: Vec<usize> = (0..points).collect();
        let batches = positions.chunks(in_batch).map(|positions| Batch {
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
                batch.positions.iter().partition(|at| is_refused(at));
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
        Ended { fates, stored: stored.into_inner(), requests: requests.into_inner() }
    }
}

impl Ended {
    fn with(&self, is_wanted: impl Fn(&Fate) -> bool) -> BTreeSet<usize> {
        self.fates.iter().filter(|(_, fate)| is_wanted(fate)).map(|(position, _)| *position).collect()
    }

    fn refused(&self) -> BTreeSet<usize> {
        self.with(|fate| matches!(fate, Fate::Refused(_)))
    }

    fn unknown(&self) -> BTreeSet<usize> {
        self.with(|fate| matches!(fate, Fate::Unknown(_)))
    }

    fn error(&self, position: usize) -> String {
        match &self.fates[&position] {
            Fate::Accepted => "accepted".to_owned(),
            Fate::Refused(error) | Fate::Left(error) | Fate::Unknown(error) => error.to_string(),
        }
    }
}

fn invalid(positions: impl IntoIterator<Item = usize>) -> Receiver {
    Receiver { invalid: positions.into_iter().collect(), ..Receiver::default() }
}

#[test]
fn refused_points_are_found_and_named() {
    let ended = invalid([3, 70]).deliver(100, 50, false);

    assert_eq!(ended.refused(), [3, 70].into());
    assert_eq!(ended.error(3), "`3` is refused: too old");
    assert_eq!(ended.stored.len(), 98);
}

#[test]
fn points_that_add_up_are_not_sent_again_to_find_the_refused_ones() {
    let ended = invalid([3]).deliver(100, 50, true);

    assert_eq!(ended.requests, 2);
    assert_eq!(ended.unknown(), (0..50).collect());
    assert_eq!(
        ended.error(0),
        "the receiver refused 1 of 50 points and does not say which; they are not sent again, because the others would \
         count twice: too old"
    );
}

#[test]
fn a_receiver_that_refuses_repeated_points_is_recognised() {
    let ended = Receiver { refuses_repeats: true, ..invalid([3]) }.deliver(10, 10, false);

    assert_eq!((ended.refused(), ended.unknown().len()), (BTreeSet::new(), 10));
    assert_eq!(
        ended.error(3),
        "the receiver refused 1 of 10 points, and 10 when the same points were sent again, so it is not known which: too old"
    );
}

#[test]
fn all_points_are_refused_without_a_search() {
    let ended = invalid(0..50).deliver(50, 50, true);

    assert_eq!((ended.refused().len(), ended.requests), (50, 1));
}

#[test]
fn the_search_ends_if_too_much_is_refused() {
    let receiver = Receiver { refuses_requests: true, ..invalid(0..5000) };

    let ended = receiver.deliver(5000, 5000, false);

    assert!(ended.requests < 3 * SPLITS, "{}", ended.requests);
    let left = ended.with(|fate| matches!(fate, Fate::Left(_)));
    assert!(left.len() > 3000 && ended.refused().len() + left.len() == 5000);
    assert!(ended.error(*left.last().unwrap()).contains("too many others were refused"));
}

proptest! {
    #[test]
    fn no_fate_is_wrong(
        invalid in prop::collection::btree_set(0_usize..60, 0..12),
        in_batch in 1_usize..70,
        refuses_requests: bool,
        refuses_repeats: bool,
        adds_up: bool,
    ) {
        let receiver = Receiver { invalid: invalid.clone(), refuses_requests, refuses_repeats };

        let ended = receiver.deliver(60, in_batch, adds_up);

        for (position, fate) in &ended.fates {
            let stored = ended.stored.get(position).copied().unwrap_or_default();
            match fate {
                Fate::Accepted => prop_assert!(stored > 0),
                Fate::Refused(_) => prop_assert_eq!(stored, 0),
                Fate::Unknown(_) => prop_assert!(adds_up || refuses_repeats),
                Fate::Left(error) => prop_assert!(false, "{position} was left: {error}"),
            }
            prop_assert!(!adds_up || stored <= 1);
        }
        if !adds_up && !refuses_repeats {
            prop_assert_eq!(ended.refused(), invalid);
        }
    }
}
