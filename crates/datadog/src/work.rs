//! The work of a delivery: what is still to be sent, what is on its way, and what became of it.
//!
//! A payload that Datadog does not take is split in two, until the series that it does not take stand
//! alone and all others are delivered. Knows nothing of HTTP, so that tests can try any Datadog.

use std::ops::Range;

use futures::{Stream, StreamExt, stream, stream::FuturesUnordered};
use system_health_registry::{DeliveryError, Fate, Settlement};

use crate::cut::Piece;

/// How many requests are on their way at once.
const MAX_IN_FLIGHT: usize = 4;

/// What became of one payload.
#[derive(Debug)]
pub(crate) enum Sent {
    /// All of it was taken.
    Accepted,
    /// It was not taken, because of its size or one of its series; the others would be.
    Refused(DeliveryError),
    /// It did not get there.
    Left(DeliveryError),
    /// It did not get there, and nothing else of the delivery would.
    Stopped(DeliveryError),
}

/// How much is done to find the series that are refused. Where Datadog refuses everything, finding each
/// would take two requests a series, every time. Where it takes what is between them, the search goes on:
/// every payload that is taken allows for one more refused series, and the splits that find it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// After so many refused series no payload is split any more.
    pub(crate) refusals: usize,
    /// So many payloads are split at most.
    pub(crate) splits: usize,
}

/// The splits that find one series among as many as a payload holds.
const SPLITS_FOR_ONE: usize = 16;

/// Some payloads were refused, and which of their series are to blame is not known yet.
#[derive(Debug, thiserror::Error)]
#[error("not searched for the series to blame, after so many were found in this delivery")]
struct Unsearched(#[source] DeliveryError);

/// Sends the pieces; accounts for each of their points exactly once.
pub(crate) fn settle<P, S, F>(pieces: P, budget: Budget, send: S) -> impl Stream<Item = Settlement>
where
    P: Iterator<Item = Piece<DeliveryError>>,
    S: Fn(Range<usize>) -> F,
    F: Future<Output = Sent>,
{
    let send = move |points: Range<usize>| {
        let answer = send(points.clone());
        async move { (points, answer.await) }
    };
    let work = Work {
        pieces,
        halves: Vec::new(),
        send,
        in_flight: FuturesUnordered::new(),
        points_in_flight: Vec::new(),
        settled: Vec::new(),
        budget,
        stopped: None,
    };
    stream::unfold(work, |mut work| async { work.next().await.map(|settlement| (settlement, work)) })
}

struct Work<P, S, F> {
    /// What was not sent yet.
    pieces: P,
    /// The halves of what was refused; the last one goes first. So the halves of few payloads wait, and
    /// the search for one series ends before the next begins.
    halves: Vec<Range<usize>>,
    send: S,
    in_flight: FuturesUnordered<F>,
    points_in_flight: Vec<Range<usize>>,
    settled: Vec<Settlement>,
    budget: Budget,
    /// Why nothing is sent any more.
    stopped: Option<DeliveryError>,
}

impl Default for Budget {
    /// 64 series; splits enough to find each in a payload of 65,536.
    fn default() -> Self {
        Self { refusals: 64, splits: 64 * SPLITS_FOR_ONE }
    }
}

impl<P, S, F> Work<P, S, F>
where
    P: Iterator<Item = Piece<DeliveryError>>,
    S: Fn(Range<usize>) -> F,
    F: Future<Output = (Range<usize>, Sent)>,
{
    async fn next(&mut self) -> Option<Settlement> {
        loop {
            self.start();
            if let Some(settlement) = self.settled.pop() {
                return Some(settlement);
            }
            let (points, sent) = self.in_flight.next().await?;
            self.points_in_flight.retain(|other| *other != points);
            self.account(points, sent);
        }
    }

    /// Sends as much as may be on its way, until there is something to tell.
    fn start(&mut self) {
        while self.settled.is_empty() && self.points_in_flight.len() < MAX_IN_FLIGHT {
            let half = self.halves.pop().map(Piece::Fitting);
            let Some(piece) = half.or_else(|| self.pieces.next()) else { return };
            match (piece, &self.stopped) {
                (Piece::Unfit(point, error), _) => {
                    self.say(point..point + 1, Fate::Refused(error));
                }
                (Piece::Fitting(points), Some(error)) => {
                    let error = error.clone();
                    self.say(points, Fate::Left(error));
                }
                (Piece::Fitting(points), None) => {
                    self.points_in_flight.push(points.clone());
                    self.in_flight.push((self.send)(points));
                }
            }
        }
    }

    fn account(&mut self, points: Range<usize>, sent: Sent) {
        match sent {
            Sent::Accepted => {
                self.budget.refusals = self.budget.refusals.saturating_add(1);
                self.budget.splits = self.budget.splits.saturating_add(SPLITS_FOR_ONE);
                self.say(points, Fate::Accepted);
            }
            Sent::Left(error) => self.say(points, Fate::Left(error)),
            Sent::Refused(error) if points.len() == 1 => {
                self.budget.refusals = self.budget.refusals.saturating_sub(1);
                self.say(points, Fate::Refused(error));
            }
            Sent::Refused(error) if self.budget.refusals == 0 || self.budget.splits == 0 => {
                self.say(points, Fate::Left(DeliveryError::new(Unsearched(error))));
            }
            Sent::Refused(_) => {
                self.budget.splits -= 1;
                let middle = points.start + points.len() / 2;
                self.halves.extend([middle..points.end, points.start..middle]);
            }
            Sent::Stopped(error) => {
                // Their answers would say the same; where one would not, its points are sent again.
                self.in_flight.clear();
                for points in self.points_in_flight.drain(..).chain([points]).collect::<Vec<_>>() {
                    self.say(points, Fate::Left(error.clone()));
                }
                self.stopped = Some(error);
            }
        }
    }

    fn say(&mut self, points: Range<usize>, fate: Fate) {
        self.settled.push(Settlement { points, fate });
    }
}

#[cfg(test)]
mod tests;
