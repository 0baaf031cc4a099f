//! Sends batches one after the other, and finds the fate of each point. If the points of a batch may be sent again, a refused
//! batch is split in two until each refused point is alone, or too many points are refused. This module does not depend on HTTP,
//! so that tests can simulate any receiver.

use std::{collections::VecDeque, fmt};

use futures::{Stream, stream};
use system_health_registry::{DeliveryError, Fate, Settlement};

use crate::batch::{Batch, Search};

/// The result of sending a batch.
#[derive(Debug)]
pub(crate) enum Sent {
    /// All points were accepted.
    Accepted,
    /// The receiver accepted the request and refused some of its points. It does not say which.
    Partly { refused: usize, error: DeliveryError },
    /// No point was accepted, because of the size of the batch or because of one of its points.
    Refused(DeliveryError),
    /// The points may have arrived.
    Unknown(DeliveryError),
    /// The points have not arrived.
    Left(DeliveryError),
}

/// Number of splits that are enough to find one point in the largest batch.
const SPLITS_FOR_ONE: usize = 16;
/// Maximum number of splits until a batch is accepted. Each accepted batch allows [`SPLITS_FOR_ONE`] more. Without this
/// limit, a receiver that refuses everything would get two requests per point.
const MAX_SPLITS: usize = 64 * SPLITS_FOR_ONE;

/// Some points of a batch were refused, and it is unknown which.
#[derive(Debug, thiserror::Error)]
enum Unclear {
    #[error(
        "of the {total} points of a request, the receiver reports {refused} as refused, and does not say which; they are not \
         sent again, because the accepted points would count twice"
    )]
    AddsUp { refused: usize, total: usize, source: DeliveryError },
    #[error(
        "of the {total} points of a request, the receiver reports {before} as refused, and {refused} when the same points were \
         sent again, so it is not known which were refused"
    )]
    Changed { before: usize, refused: usize, total: usize, source: DeliveryError },
    #[error(
        "at least one of {total} points is refused, and it was not searched for, because too many others were refused"
    )]
    Unsearched { total: usize, source: DeliveryError },
}

/// Sends batches. Each of their points gets exactly one fate. `name` describes a point for a message.
pub(crate) fn settle<S, F, N, D>(batches: VecDeque<Batch>, send: S, name: N) -> impl Stream<Item = Settlement>
where
    S: Fn(Batch) -> F,
    F: Future<Output = Sent>,
    N: Fn(usize) -> D,
    D: fmt::Display,
{
    let work =
        Work { batches, send, name, remaining_splits: MAX_SPLITS, stopped: None, settled: VecDeque::new() };
    stream::unfold(work, |mut work| async { work.next().await.map(|settlement| (settlement, work)) })
}

/// A delivery in progress.
struct Work<S, N> {
    batches: VecDeque<Batch>,
    send: S,
    name: N,
    remaining_splits: usize,
    /// Why no more requests are sent.
    stopped: Option<DeliveryError>,
    settled: VecDeque<Settlement>,
}

impl<S, F, N, D> Work<S, N>
where
    S: Fn(Batch) -> F,
    F: Future<Output = Sent>,
    N: Fn(usize) -> D,
    D: fmt::Display,
{
    async fn next(&mut self) -> Option<Settlement> {
        loop {
            if let Some(settlement) = self.settled.pop_front() {
                return Some(settlement);
            }
            let batch = self.batches.pop_front()?;
            if let Some(error) = self.stopped.clone() {
                self.settle(&batch, &Fate::Left(error));
                continue;
            }
            let sent = (self.send)(batch.clone()).await;
            self.process(batch, sent);
        }
    }

    fn process(&mut self, batch: Batch, sent: Sent) {
        match sent {
            Sent::Accepted => self.accept(&batch),
            Sent::Partly { refused, error } => self.process_partial_refusal(batch, refused, error),
            Sent::Refused(source) => match (batch.search, &*batch.positions) {
                // The receiver accepted some of these points the first time. Perhaps it refuses the batch now because it
                // already has them.
                (Search::Repeat(before), positions) => {
                    let total = positions.len();
                    self.settle_as_unknown(
                        &batch,
                        Unclear::Changed { before, refused: total, total, source },
                    );
                }
                (_, [position]) => {
                    let fate = self.refusal(*position, &source);
                    self.settle(&batch, &fate);
                }
                _ if self.remaining_splits == 0 => {
                    let total = batch.positions.len();
                    let error = DeliveryError::new(Unclear::Unsearched { total, source });
                    self.settle(&batch, &Fate::Left(error));
                }
                _ => self.split(batch),
            },
            Sent::Unknown(error) => {
                self.settle(&batch, &Fate::Unknown(error.clone()));
                self.stopped = Some(error);
            }
            Sent::Left(error) => {
                self.settle(&batch, &Fate::Left(error.clone()));
                self.stopped = Some(error);
            }
        }
    }

    fn accept(&mut self, batch: &Batch) {
        self.remaining_splits = self.remaining_splits.saturating_add(SPLITS_FOR_ONE);
        self.settle(batch, &Fate::Accepted);
    }

    /// Handles a batch of which the receiver refused at least one point.
    fn process_partial_refusal(&mut self, mut batch: Batch, refused: usize, source: DeliveryError) {
        let total = batch.positions.len();
        match batch.search {
            // Some receivers refuse a point that they already have. Then accepted points would look refused.
            Search::Repeat(before) if refused != before => {
                self.settle_as_unknown(&batch, Unclear::Changed { before, refused, total, source });
            }
            // Some receivers count more than the points, for example each bucket of a histogram. So if only one point was
            // sent, it is refused, whatever the number is.
            _ if refused == total || total == 1 => {
                for position in batch.positions {
                    let fate = self.refusal(position, &source);
                    self.settled.push_back(Settlement { points: position..position + 1, fate });
                }
            }
            _ if batch.adds_up => self.settle_as_unknown(&batch, Unclear::AddsUp { refused, total, source }),
            _ if self.remaining_splits == 0 => {
                self.settle_as_unknown(&batch, Unclear::Unsearched { total, source });
            }
            Search::NotStarted => {
                batch.search = Search::Repeat(refused);
                self.batches.push_front(batch);
            }
            Search::Repeat(_) | Search::Started => {
                batch.search = Search::Started;
                self.split(batch);
            }
        }
    }

    fn settle_as_unknown(&mut self, batch: &Batch, unclear: Unclear) {
        self.settle(batch, &Fate::Unknown(DeliveryError::new(unclear)));
    }

    fn split(&mut self, batch: Batch) {
        self.remaining_splits -= 1;
        let [first, second] = batch.halves();
        self.batches.push_front(second);
        self.batches.push_front(first);
    }

    fn refusal(&self, position: usize, source: &DeliveryError) -> Fate {
        Fate::Refused(DeliveryError::new(PointRefused {
            series: (self.name)(position).to_string(),
            source: source.clone(),
        }))
    }

    /// Sets the fate of all points of a batch. Adjacent points are combined.
    fn settle(&mut self, batch: &Batch, fate: &Fate) {
        let ranges = batch.positions.chunk_by(|position, next| position + 1 == *next);
        let ranges = ranges.filter_map(|range| Some(*range.first()?..*range.last()? + 1));
        self.settled.extend(ranges.map(|points| Settlement { points, fate: fate.clone() }));
    }
}

/// A point that the receiver refuses.
#[derive(Debug, thiserror::Error)]
#[error("{series} is refused")]
struct PointRefused {
    series: String,
    source: DeliveryError,
}

#[cfg(test)]
mod tests;
