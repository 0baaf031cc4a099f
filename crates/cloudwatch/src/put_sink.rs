//! Delivers with `PutMetricData`. CloudWatch adds up a repeated request, so only a request that certainly was not stored is
//! repeated.

use std::collections::VecDeque;

use futures::{
    StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use system_health_http::{Idempotency, Retrier, RetryError, RetryPolicy, one_line};
use system_health_registry::{DeliveryError, Event, Fate, Point, Settlement, Sink, Tag};
use tokio::time::Instant;

use crate::{
    batch::{Batch, batches},
    put_error::{PutError, PutFailure},
    put_metric_data::MetricWriter,
};

/// If this many points in a row are refused, the others are left for the next run, because the cause is probably not in
/// single points.
const MAX_REFUSED_IN_A_ROW: usize = 64;

/// The sink of one namespace in one region.
#[derive(Debug)]
pub(crate) struct PutSink {
    writer: MetricWriter,
    policy: RetryPolicy,
}

/// A delivery: the requests that remain, and the settlements that were not returned yet.
struct Delivery<'a> {
    writer: &'a MetricWriter,
    points: &'a [Point],
    retrier: Retrier<PutError>,
    batches: VecDeque<Batch>,
    settled: VecDeque<Settlement>,
    refused_in_a_row: usize,
}

/// Why a point is refused.
#[derive(Debug, thiserror::Error)]
enum PointRefused {
    #[error("CloudWatch does not accept {series}")]
    Invalid { series: String, source: RetryError<PutError> },
    /// CloudWatch or a proxy refused it. The source has the status.
    #[error("a request with only {series} is too large")]
    TooLarge { series: String, source: RetryError<PutError> },
}

#[derive(Debug, thiserror::Error)]
#[error("not sent, because {MAX_REFUSED_IN_A_ROW} other points in a row were refused; the last error: {0}")]
struct TooManyRefused(DeliveryError);

impl PutSink {
    pub(crate) fn new(writer: MetricWriter) -> Self {
        Self { writer, policy: RetryPolicy::default() }
    }

    fn delivery<'a>(&'a self, points: &'a [Point], deadline: Instant) -> Delivery<'a> {
        let (batches, settled) = batches(&self.writer.namespace, points);
        let retrier = Retrier::new(self.policy.until_deadline(), deadline);
        Delivery { writer: &self.writer, points, retrier, batches, settled, refused_in_a_row: 0 }
    }
}

impl Delivery<'_> {
    async fn next(&mut self) -> Option<Settlement> {
        while self.settled.is_empty() {
            let batch = self.batches.pop_front()?;
            self.send(batch).await;
        }
        self.settled.pop_front()
    }

    async fn send(&mut self, batch: Batch) {
        let body = batch.body(&self.writer.namespace);
        let deadline = self.retrier.deadline();
        let sent =
            self.retrier.run(Idempotency::NotIdempotent, async || self.writer.put(&body, deadline).await);
        let Err(error) = sent.await else {
            self.refused_in_a_row = 0;
            return self.settle(&batch, &Fate::Accepted);
        };
        match error.last_error().map(PutError::failure) {
            Some(PutFailure::Invalid | PutFailure::TooLarge) if batch.len() > 1 => {
                let [first, second] = batch.halves(&self.writer.namespace);
                self.batches.push_front(second);
                self.batches.push_front(first);
            }
            Some(PutFailure::Invalid) => {
                let series = self.series_of(&batch);
                self.refuse(&batch, PointRefused::Invalid { series, source: error });
            }
            Some(PutFailure::TooLarge) => {
                let series = self.series_of(&batch);
                self.refuse(&batch, PointRefused::TooLarge { series, source: error });
            }
            Some(PutFailure::Unclear) => {
                let error = DeliveryError::new(error);
                self.settle(&batch, &Fate::Unknown(error.clone()));
                self.leave(&error);
            }
            Some(PutFailure::NotStored(_)) | None => {
                self.batches.push_front(batch);
                self.leave(&DeliveryError::new(error));
            }
        }
    }

    /// The name of the series to which the only point of a batch belongs.
    fn series_of(&self, batch: &Batch) -> String {
        let mut points = batch.positions().into_iter().filter_map(|range| self.points.get(range.start));
        points.next().map(name_of_series).unwrap_or_default()
    }

    /// Refuses a batch of one point.
    fn refuse(&mut self, batch: &Batch, refused: PointRefused) {
        let error = DeliveryError::new(refused);
        self.settle(batch, &Fate::Refused(error.clone()));
        self.refused_in_a_row += 1;
        if self.refused_in_a_row >= MAX_REFUSED_IN_A_ROW {
            self.leave(&DeliveryError::new(TooManyRefused(error)));
        }
    }

    /// Leaves all remaining points for the next run.
    fn leave(&mut self, error: &DeliveryError) {
        for batch in std::mem::take(&mut self.batches) {
            self.settle(&batch, &Fate::Left(error.clone()));
        }
    }

    fn settle(&mut self, batch: &Batch, fate: &Fate) {
        let settlement = |points| Settlement { points, fate: fate.clone() };
        self.settled.extend(batch.positions().into_iter().map(settlement));
    }
}

fn name_of_series(point: &Point) -> String {
    let tags = point.tags.iter().map(Tag::as_str).collect::<Vec<_>>().join(", ");
    match &*tags {
        "" => format!("`{}`", one_line(&point.key)),
        tags => format!("`{}` with the tags {}", one_line(&point.key), one_line(tags)),
    }
}

impl Sink for PutSink {
    fn check(&self, deadline: Instant) -> BoxFuture<'_, Result<(), DeliveryError>> {
        Box::pin(async move {
            let retrier = Retrier::new(self.policy, deadline);
            let probing = retrier.run(Idempotency::Idempotent, async || self.writer.probe(deadline).await);
            probing.await.map_err(DeliveryError::new)
        })
    }

    fn deliver<'a>(&'a self, points: &'a [Point], deadline: Instant) -> BoxStream<'a, Settlement> {
        let delivery = self.delivery(points, deadline);
        let next = async |mut delivery: Delivery<'a>| {
            let settlement = delivery.next().await?;
            Some((settlement, delivery))
        };
        stream::unfold(delivery, next).boxed()
    }

    fn announce<'a>(&'a self, _event: &'a Event, _deadline: Instant) -> BoxFuture<'a, Fate> {
        Box::pin(async { Fate::Refused(DeliveryError::new("CloudWatch does not accept events")) })
    }
}
