//! The sink of remote writes. Samples are sent in the order of their times, because Prometheus refuses a sample that is older
//! than the newest one of its series.

use std::collections::VecDeque;

use futures::{
    StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use system_health_registry::{DeliveryError, Event, Fate, Point, Settlement, Sink};
use tokio::time::Instant;

use crate::{
    family::Encoder,
    fates::{Fates, RefusedMetric},
    remote_series::{RemotePoints, RemoteSeries, batches},
    remote_write::{RemoteFailure, RemoteWrite},
};

/// Delivers points through remote writes.
#[derive(Debug)]
pub(crate) struct RemoteSink {
    pub(crate) remote: RemoteWrite,
    pub(crate) encoder: Encoder,
}

impl RemoteSink {
    async fn settle(&self, points: &[Point], deadline: Instant) -> Vec<Settlement> {
        let mut fates = Fates::new(points.len());
        let RemotePoints { times, refused } = RemotePoints::new(&self.encoder, points);
        for (at, error) in refused {
            fates.refuse(at, error);
        }
        let mut waiting: VecDeque<Vec<RemoteSeries>> = times.into_values().flat_map(batches).collect();
        while let Some(mut batch) = waiting.pop_front() {
            match self.remote.write(&batch, deadline).await {
                Ok(()) => fates.set(positions(batch), &Fate::Accepted),
                Err(RemoteFailure::SomeRefused(_) | RemoteFailure::SomeOtherValues) if batch.len() > 1 => {
                    let second_half = batch.split_off(batch.len() / 2);
                    waiting.push_front(second_half);
                    waiting.push_front(batch);
                }
                // The server stores no distributions, so they need not be found one by one.
                Err(RemoteFailure::NoHistograms(source))
                    if batch.iter().any(|series| series.is_histogram) =>
                {
                    let (histograms, numbers): (Vec<_>, Vec<_>) =
                        batch.into_iter().partition(|series| series.is_histogram);
                    refuse(&mut fates, histograms, &source);
                    if !numbers.is_empty() {
                        waiting.push_front(numbers);
                    }
                }
                Err(
                    RemoteFailure::SomeRefused(source)
                    | RemoteFailure::AllRefused(source)
                    | RemoteFailure::NoHistograms(source),
                ) => refuse(&mut fates, batch, &source),
                // With `--align`, a repeated run may have the same time and other values.
                Err(RemoteFailure::SomeOtherValues) => fates.set(positions(batch), &Fate::Repeated),
                // Later samples are not sent, because they would make these samples too old.
                Err(RemoteFailure::Unknown(error)) => {
                    fates.set(positions(batch), &Fate::Unknown(error.clone()));
                    fates.set(waiting.into_iter().flat_map(positions), &Fate::Left(error));
                    break;
                }
                Err(RemoteFailure::Left(error)) => {
                    let remaining = positions(batch).chain(waiting.into_iter().flat_map(positions));
                    fates.set(remaining, &Fate::Left(error));
                    break;
                }
            }
        }
        fates.settlements()
    }
}

fn refuse(fates: &mut Fates, batch: Vec<RemoteSeries>, source: &DeliveryError) {
    for series in batch {
        let error = RefusedMetric { key: series.key, source: source.clone() };
        fates.set(series.positions, &Fate::Refused(DeliveryError::new(error)));
    }
}

fn positions(batch: Vec<RemoteSeries>) -> impl Iterator<Item = usize> {
    batch.into_iter().flat_map(|series| series.positions)
}

impl Sink for RemoteSink {
    fn check(&self, deadline: Instant) -> BoxFuture<'_, Result<(), DeliveryError>> {
        Box::pin(self.remote.check(deadline))
    }

    fn deliver<'a>(&'a self, points: &'a [Point], deadline: Instant) -> BoxStream<'a, Settlement> {
        stream::once(self.settle(points, deadline)).flat_map(stream::iter).boxed()
    }

    fn announce<'a>(&'a self, _event: &'a Event, _deadline: Instant) -> BoxFuture<'a, Fate> {
        Box::pin(async { Fate::Refused(DeliveryError::new("Prometheus does not accept events")) })
    }
}
