//! The sink.

use std::fmt;

use futures::{
    StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use prost::Message;
use system_health_http::{AttemptError, Idempotency, RetryError, one_line};
use system_health_registry::{DeliveryError, Event, Fate, Point, Repeat, Settlement, Sink, Tag};
use tokio::time::Instant;

use crate::{
    batch::{Batch, MAX_BODY, cut},
    encoder::Encoder,
    error::OtlpError,
    exporter::Exporter,
    proto::ExportMetricsPartialSuccess,
    work::{Sent, settle},
};

/// Delivers points to a receiver.
#[derive(Debug)]
pub(crate) struct OtlpSink {
    exporter: Exporter,
    encoder: Encoder,
}

/// The receiver accepted a request, and refused some of its points.
#[derive(Debug, thiserror::Error)]
#[error("the receiver reports that it refused {refused} of {total} points{}", reason(.message))]
struct PartlyRefused {
    refused: i64,
    total: usize,
    message: String,
}

impl OtlpSink {
    pub(crate) fn new(exporter: Exporter, encoder: Encoder) -> Self {
        Self { exporter, encoder }
    }

    async fn send(&self, points: &[Point], batch: Batch, deadline: Instant) -> Sent {
        let total = batch.positions.len();
        let request =
            self.encoder.encode(batch.positions.iter().filter_map(|position| points.get(*position)));
        let body = request.encode_to_vec();
        drop(request);
        if body.len() > MAX_BODY {
            let size = format!("{} bytes, of at most {MAX_BODY}", body.len());
            return Sent::Refused(DeliveryError::new(OtlpError::TooLarge(size)));
        }
        let idempotency = if batch.adds_up { Idempotency::NotIdempotent } else { Idempotency::Idempotent };
        match self.exporter.export(&body, idempotency, deadline).await {
            Ok(partial) => self.read_partial_success(partial, total),
            Err(RetryError::Permanent(error)) if error.source.blames_points() => {
                Sent::Refused(DeliveryError::new(error))
            }
            Err(error) if error.last_error().is_some_and(AttemptError::may_have_been_processed) => {
                Sent::Unknown(DeliveryError::new(error))
            }
            Err(error) => Sent::Left(DeliveryError::new(error)),
        }
    }

    /// The result of a request that the receiver accepted. If it refused no points, its message is a warning
    /// (<https://opentelemetry.io/docs/specs/otlp/#partial-success-1>).
    fn read_partial_success(&self, partial: ExportMetricsPartialSuccess, total: usize) -> Sent {
        let ExportMetricsPartialSuccess { rejected_data_points: refused, error_message } = partial;
        let message = self.exporter.redactor().quote(&error_message);
        match usize::try_from(refused) {
            Ok(0) if message.is_empty() => Sent::Accepted,
            Ok(0) => {
                tracing::warn!("{} accepted the points with a warning: {message}", self.exporter.url);
                Sent::Accepted
            }
            Ok(refused_points) => Sent::Partly {
                refused: refused_points,
                error: DeliveryError::new(PartlyRefused { refused, total, message }),
            },
            // A negative number of refused points makes no sense.
            Err(_) => Sent::Unknown(DeliveryError::new(PartlyRefused { refused, total, message })),
        }
    }
}

/// What follows the numbers of refused points. A receiver should send a message, but need not.
fn reason(message: &str) -> String {
    if message.is_empty() { " and gives no reason".to_owned() } else { format!(" ({message})") }
}

impl Sink for OtlpSink {
    fn check(&self, deadline: Instant) -> BoxFuture<'_, Result<(), DeliveryError>> {
        Box::pin(async move { self.exporter.check(deadline).await.map(drop).map_err(DeliveryError::new) })
    }

    fn deliver<'a>(&'a self, points: &'a [Point], deadline: Instant) -> BoxStream<'a, Settlement> {
        let mut valid = Vec::with_capacity(points.len());
        let mut refused = Vec::new();
        for (position, point) in points.iter().enumerate() {
            match self.encoder.check(point) {
                Ok(()) => valid.push(position),
                Err(error) => {
                    let fate = Fate::Refused(DeliveryError::new(error));
                    refused.push(Settlement { points: position..position + 1, fate });
                }
            }
        }
        let capabilities = self.encoder.preference.capabilities();
        let adds_up = |point: &Point| capabilities.repeat(point.kind) == Repeat::AddsUp;
        let batches = cut(points, valid, adds_up, MAX_BODY);
        let send = move |batch| self.send(points, batch, deadline);
        let name = move |position: usize| SeriesName(points.get(position));
        stream::iter(refused).chain(settle(batches, send, name)).boxed()
    }

    fn announce<'a>(&'a self, _event: &'a Event, _deadline: Instant) -> BoxFuture<'a, Fate> {
        Box::pin(async { Fate::Refused(DeliveryError::new("the sink `otlp` does not deliver events")) })
    }
}

/// The key and the tags of a point.
struct SeriesName<'a>(Option<&'a Point>);

impl fmt::Display for SeriesName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Point { key, tags, .. }) = self.0 else { return Ok(()) };
        write!(f, "`{}`", one_line(key))?;
        match tags.iter().map(Tag::as_str).collect::<Vec<_>>().join(", ") {
            tags if tags.is_empty() => Ok(()),
            tags => write!(f, " with the tags {}", one_line(&tags)),
        }
    }
}
