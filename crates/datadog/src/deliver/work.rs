//! Schedules the requests of a delivery: which payloads are sent, which are in flight, and the fates of their points.
//!
//! A refused payload is split in two, until each refused series is alone and all others are delivered. This module does not
//! depend on HTTP, so that tests can simulate any behaviour of Datadog.

use std::ops::Range;

use futures::{Stream, StreamExt, stream, stream::FuturesUnordered};
use system_health_registry::{DeliveryError, Fate, Settlement};

use super::cut::Piece;

/// The result of sending a payload.
#[derive(Debug)]
pub(crate) enum Sent {
    /// All series were accepted.
    Accepted,
    /// The payload was refused because of its size or one of its series. The other series may be accepted.
    Refused(DeliveryError),
    /// The payload was not delivered.
    Left(DeliveryError),
    /// The payload may have been delivered, completely or in part.
    Unknown(DeliveryError),
    /// The payload was not delivered, and no other payload would be delivered either.
    Stopped(DeliveryError),
}

/// Limits the search for refused series. Without a limit, it would send about two requests per series if Datadog refuses all.
/// Each accepted payload increases the budget by one refused series and the splits to find it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// How many more series may be refused before payloads are no longer split.
    pub(crate) refusals: usize,
    /// Maximum number of further splits.
    pub(crate) splits: usize,
}

/// Number of splits that find one series in the largest payload.
const SPLITS_FOR_ONE: usize = 16;

/// A payload was refused, and it is unknown which of its series caused that.
#[derive(Debug, thiserror::Error)]
#[error(
    "the payload contains a refused series that was not searched for, because too many others were refused"
)]
struct Unsearched(#[source] DeliveryError);

/// Sends the pieces, with at most `max_in_flight` concurrent requests. Each point of the pieces gets exactly one fate.
pub(crate) fn settle<P, S, F>(
    pieces: P,
    budget: Budget,
    max_in_flight: usize,
    send: S,
) -> impl Stream<Item = Settlement>
where
    P: Iterator<Item = Piece<DeliveryError>>,
    S: Fn(Range<usize>) -> F,
    F: Future<Output = Sent>,
{
    let send = move |points: Range<usize>| {
        let response = send(points.clone());
        async move { (points, response.await) }
    };
    let work = Work {
        pieces,
        halves: Vec::new(),
        send,
        max_in_flight,
        in_flight: FuturesUnordered::new(),
        ranges_in_flight: Vec::new(),
        settled: Vec::new(),
        budget,
        stopped: None,
    };
    stream::unfold(work, |mut work| async { work.next().await.map(|settlement| (settlement, work)) })
}

struct Work<P, S, F> {
    /// Payloads that were not sent yet.
    pieces: P,
    /// Halves of refused payloads. The last one is sent first, so that the search for one series ends before the next begins
    /// and few halves wait.
    halves: Vec<Range<usize>>,
    send: S,
    max_in_flight: usize,
    in_flight: FuturesUnordered<F>,
    /// The points of each payload in flight.
    ranges_in_flight: Vec<Range<usize>>,
    settled: Vec<Settlement>,
    budget: Budget,
    /// Why no more requests are sent.
    stopped: Option<DeliveryError>,
}

impl Default for Budget {
    /// 64 series, and enough splits to find each in a payload of 65,536.
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
            self.ranges_in_flight.retain(|other| *other != points);
            self.apply_result(points, sent);
        }
    }

    /// Starts requests until the maximum is in flight, or until points are settled.
    fn start(&mut self) {
        while self.settled.is_empty() && self.ranges_in_flight.len() < self.max_in_flight {
            let half = self.halves.pop().map(Piece::Fitting);
            let Some(piece) = half.or_else(|| self.pieces.next()) else { return };
            match (piece, &self.stopped) {
                (Piece::Unfit(point, error), _) => {
                    self.settle(point..point + 1, Fate::Refused(error));
                }
                (Piece::Fitting(points), Some(error)) => {
                    let error = error.clone();
                    self.settle(points, Fate::Left(error));
                }
                (Piece::Fitting(points), None) => {
                    self.ranges_in_flight.push(points.clone());
                    self.in_flight.push((self.send)(points));
                }
            }
        }
    }

    fn apply_result(&mut self, points: Range<usize>, sent: Sent) {
        match sent {
            Sent::Accepted => {
                self.budget.refusals = self.budget.refusals.saturating_add(1);
                self.budget.splits = self.budget.splits.saturating_add(SPLITS_FOR_ONE);
                self.settle(points, Fate::Accepted);
            }
            Sent::Left(error) => self.settle(points, Fate::Left(error)),
            Sent::Unknown(error) => self.settle(points, Fate::Unknown(error)),
            Sent::Refused(error) if points.len() == 1 => {
                self.budget.refusals = self.budget.refusals.saturating_sub(1);
                self.settle(points, Fate::Refused(error));
            }
            Sent::Refused(error) if self.budget.refusals == 0 || self.budget.splits == 0 => {
                self.settle(points, Fate::Left(DeliveryError::new(Unsearched(error))));
            }
            Sent::Refused(_) => {
                self.budget.splits -= 1;
                let middle = points.start + points.len() / 2;
                self.halves.extend([middle..points.end, points.start..middle]);
            }
            Sent::Stopped(error) => {
                // The other requests would probably fail in the same way. If not, their points are delivered again later,
                // which only overwrites them. Distributions, which would add up, have only one request in flight.
                self.in_flight.clear();
                for points in self.ranges_in_flight.drain(..).chain([points]).collect::<Vec<_>>() {
                    self.settle(points, Fate::Left(error.clone()));
                }
                self.stopped = Some(error);
            }
        }
    }

    fn settle(&mut self, points: Range<usize>, fate: Fate) {
        self.settled.push(Settlement { points, fate });
    }
}

#[cfg(test)]
mod tests;
