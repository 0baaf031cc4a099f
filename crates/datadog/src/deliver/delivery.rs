//! A delivery: cuts points into payloads, sends the payloads, and derives the fates of the points from the responses.

use std::{ops::Range, sync::Arc};

use futures::{StreamExt, stream::BoxStream};
use system_health_http::{Idempotency, Retrier, RetryError, one_line};
use system_health_registry::{DeliveryError, Point, Settlement, Tag};

use super::{
    cut::cut,
    payload::size,
    requests::Requests,
    work::{Budget, Sent, settle},
};
use crate::client::{DatadogError, Http, MAX_PLAIN, Success};

/// A delivery in progress.
struct OngoingDelivery<'a> {
    requests: &'a Requests,
    http: &'a Http,
    points: &'a [Point],
    retrier: Retrier<DatadogError>,
}

/// Datadog refused a series permanently.
#[derive(Debug, thiserror::Error)]
#[error("Datadog does not accept {series}")]
struct SeriesRefused {
    series: String,
    source: DatadogError,
}

/// Sends the points. Ends at the retrier's deadline. See
/// [`Sink::deliver`](system_health_registry::Sink::deliver).
pub(crate) fn deliver<'a>(
    requests: &'a Requests,
    http: &'a Http,
    retrier: Retrier<DatadogError>,
    points: &'a [Point],
) -> BoxStream<'a, Settlement> {
    let delivery = Arc::new(OngoingDelivery { requests, http, points, retrier });
    let sizes = points.iter().map(|point| size(point).map_err(|error| refused(point, error)));
    let pieces = cut(sizes, MAX_PLAIN);
    let send = move |range| {
        let delivery = Arc::clone(&delivery);
        async move { delivery.send(range).await }
    };
    settle(pieces, Budget::default(), send).boxed()
}

impl OngoingDelivery<'_> {
    async fn send(&self, range: Range<usize>) -> Sent {
        let points = self.points.get(range).unwrap_or_default();
        match (self.deliver(points).await, points) {
            (Ok(_), _) => Sent::Accepted,
            (Err(RetryError::Permanent(error)), [point]) if blames_payload(&error) => {
                Sent::Refused(refused(point, error))
            }
            (Err(RetryError::Permanent(error)), _) if blames_payload(&error) => {
                Sent::Refused(DeliveryError::new(error))
            }
            // A proxy has its own limit, so smaller payloads may pass.
            (Err(RetryError::Permanent(DatadogError::Unexpected(response))), [_, _, ..])
                if response.status == 413 =>
            {
                Sent::Refused(DeliveryError::new(DatadogError::Unexpected(response)))
            }
            (Err(RetryError::Permanent(error @ DatadogError::RefusedKey { .. })), _) => {
                Sent::Stopped(DeliveryError::new(error))
            }
            (Err(error), _) => Sent::Left(DeliveryError::new(error)),
        }
    }

    async fn deliver(&self, points: &[Point]) -> Result<Success, RetryError<DatadogError>> {
        if self.retrier.is_over() {
            return Err(RetryError::TooLate);
        }
        let request = self.requests.series(points).map_err(RetryError::Permanent)?;
        tracing::debug!(series = points.len(), host = self.http.host, "delivering to Datadog");
        // A repeated point overwrites the first one.
        self.http.send_with_retries(&request, Idempotency::Idempotent, &self.retrier).await
    }
}

/// Whether the request failed because of its payload. If so, a payload with other or fewer series may be accepted.
fn blames_payload(error: &DatadogError) -> bool {
    matches!(error, DatadogError::RefusedPayload(_) | DatadogError::TooLarge { .. })
}

fn refused(point: &Point, source: DatadogError) -> DeliveryError {
    let tags = point.tags.iter().map(Tag::as_str).collect::<Vec<_>>().join(", ");
    let series = match &*tags {
        "" => format!("`{}`", one_line(&point.key)),
        tags => format!("`{}` with the tags {}", one_line(&point.key), one_line(tags)),
    };
    DeliveryError::new(SeriesRefused { series, source })
}
