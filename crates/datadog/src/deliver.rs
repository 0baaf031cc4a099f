//! A delivery: points become payloads, payloads become requests, and answers become verdicts.

use std::{ops::Range, sync::Arc, time::Duration};

use futures::{StreamExt, stream::BoxStream};
use system_health_registry::{DeliveryError, Point, Settlement, Tag};
use tokio::time::Instant;

use crate::{
    DatadogError,
    cut::cut,
    http::{Good, Http},
    limits::MAX_PLAIN,
    payload::size,
    requests::Requests,
    retry::{GaveUp, Patience},
    words::words,
    work::{Budget, Sent, settle},
};

/// One delivery under way.
struct Delivery<'a> {
    requests: &'a Requests,
    http: &'a Http,
    points: &'a [Point],
    patience: Patience,
}

/// A series that Datadog does not take, now or later.
#[derive(Debug, thiserror::Error)]
#[error("Datadog does not take {series}")]
struct RefusedSeries {
    series: String,
    source: DatadogError,
}

/// Sends the points until the deadline at the latest. See
/// [`Sink::deliver`](system_health_registry::Sink::deliver).
pub(crate) fn deliver<'a>(
    requests: &'a Requests,
    http: &'a Http,
    first_wait: Duration,
    points: &'a [Point],
    deadline: Instant,
) -> BoxStream<'a, Settlement> {
    let delivery =
        Arc::new(Delivery { requests, http, points, patience: Patience::until(deadline, first_wait) });
    let sizes = points.iter().map(|point| size(point).map_err(|error| refused(point, error)));
    let pieces = cut(sizes, MAX_PLAIN);
    let send = move |range| {
        let delivery = Arc::clone(&delivery);
        async move { delivery.send(range).await }
    };
    settle(pieces, Budget::default(), send).boxed()
}

impl Delivery<'_> {
    async fn send(&self, range: Range<usize>) -> Sent {
        let points = self.points.get(range).unwrap_or_default();
        match (self.answer(points).await, points) {
            (Ok(_), _) => Sent::Accepted,
            (Err(GaveUp::Permanent(error)), [point]) if blames_payload(&error) => {
                Sent::Refused(refused(point, error))
            }
            (Err(GaveUp::Permanent(error)), _) if blames_payload(&error) => {
                Sent::Refused(DeliveryError::new(error))
            }
            // A proxy does not know what Datadog takes for good, but may let smaller payloads pass.
            (Err(GaveUp::Permanent(DatadogError::Unexpected(answer))), [_, _, ..])
                if answer.status == 413 =>
            {
                Sent::Refused(DeliveryError::new(DatadogError::Unexpected(answer)))
            }
            (Err(GaveUp::Permanent(error @ DatadogError::RefusedKey { .. })), _) => {
                Sent::Stopped(DeliveryError::new(error))
            }
            (Err(gave_up), _) => Sent::Left(DeliveryError::new(gave_up)),
        }
    }

    async fn answer(&self, points: &[Point]) -> Result<Good, GaveUp> {
        if self.patience.is_over() {
            return Err(GaveUp::TooLate);
        }
        let request = self.requests.series(points)?;
        tracing::debug!(series = points.len(), host = self.http.host, "delivering to Datadog");
        self.patience
            .with_retries(async || {
                let again = || DatadogError::Client("a request cannot be sent again".to_owned());
                let request = request.try_clone().ok_or_else(again)?;
                self.http.send(request, Some(self.patience.deadline())).await
            })
            .await
    }
}

/// Whether other series, or fewer, would be taken.
fn blames_payload(error: &DatadogError) -> bool {
    matches!(error, DatadogError::RefusedPayload(_) | DatadogError::TooLarge { .. })
}

fn refused(point: &Point, source: DatadogError) -> DeliveryError {
    let tags = point.tags.iter().map(Tag::as_str).collect::<Vec<_>>().join(", ");
    let series = match &*tags {
        "" => format!("`{}`", words(&point.key, &[])),
        tags => format!("`{}` with the tags {}", words(&point.key, &[]), words(tags, &[])),
    };
    DeliveryError::new(RefusedSeries { series, source })
}
