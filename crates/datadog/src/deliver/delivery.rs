//! A delivery: cuts points into payloads, sends the payloads, and derives the fates of the points from the responses.

use std::{iter, ops::Range, sync::Arc};

use datadog_api_client::datadogV1::model::DistributionPointsPayload;
use futures::{
    Stream, StreamExt,
    stream::{self, BoxStream},
};
use reqwest::Request;
use system_health_http::{AttemptError as _, Idempotency, Retrier, RetryError, one_line};
use system_health_registry::{DeliveryError, Point, Settlement, Tag};

use super::{
    cut::cut,
    distribution::{distribution_payload, parts},
    payload::size,
    requests::Requests,
    work::{Budget, Sent, settle},
};
use crate::client::{DatadogError, Http, MAX_JSON_SIZE, Success};

/// Maximum number of concurrent requests with series.
const MAX_IN_FLIGHT: usize = 4;

/// A delivery in progress.
struct OngoingDelivery<'a> {
    requests: &'a Requests,
    http: &'a Http,
    points: &'a [Point],
    retrier: Retrier<DatadogError>,
}

/// A series that Datadog refused permanently, or that cannot be sent at all.
#[derive(Debug, thiserror::Error)]
#[error("Datadog does not accept {series}")]
struct SeriesRefused {
    series: String,
    source: DatadogError,
}

/// Some parts of a distribution were accepted, and the next one failed. It may have been accepted nevertheless.
#[derive(Debug, thiserror::Error)]
#[error("some of its values were accepted, but part {part} failed")]
struct Incomplete {
    part: usize,
    source: RetryError<DatadogError>,
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
    let is_distribution = |position: &usize| points[*position].value.distribution().is_some();
    let (distributions, series) = (0..points.len()).partition(is_distribution);
    // Datadog adds up repeated distributions. So their requests are sent one by one: if a refused key stops the delivery, no
    // request is in flight that would be cancelled and sent again later.
    settle_at(Arc::clone(&delivery), series, MAX_IN_FLIGHT)
        .chain(settle_at(delivery, distributions, 1))
        .boxed()
}

/// Sends the points at some positions.
fn settle_at(
    delivery: Arc<OngoingDelivery<'_>>,
    positions: Vec<usize>,
    max_in_flight: usize,
) -> impl Stream<Item = Settlement> {
    let points = delivery.points;
    let positions = Arc::<[usize]>::from(positions);
    let at = Arc::clone(&positions);
    let sizes = (0..at.len()).map(move |index| {
        let point = &points[at[index]];
        size(point).map_err(|error| refused(point, error))
    });
    let at = Arc::clone(&positions);
    let send = move |range: Range<usize>| {
        let (delivery, at) = (Arc::clone(&delivery), Arc::clone(&at));
        async move {
            let points: Vec<&Point> = at[range].iter().map(|position| &points[*position]).collect();
            delivery.send(&points).await
        }
    };
    settle(cut(sizes, MAX_JSON_SIZE), Budget::default(), max_in_flight, send)
        .flat_map(move |settlement| stream::iter(by_position(&positions, &settlement)))
}

/// Converts a settlement of a range of `positions` into settlements of the points at these positions. Consecutive positions are
/// one settlement.
fn by_position(positions: &[usize], settlement: &Settlement) -> Vec<Settlement> {
    let positions = positions.get(settlement.points.clone()).unwrap_or_default();
    let settled = |points: &[usize]| Settlement {
        points: points[0]..points[0] + points.len(),
        fate: settlement.fate.clone(),
    };
    positions.chunk_by(|one, next| one + 1 == *next).map(settled).collect()
}

impl OngoingDelivery<'_> {
    /// Sends points. Either all of them are distributions, or none is.
    async fn send(&self, points: &[&Point]) -> Sent {
        if points.iter().all(|point| point.value.distribution().is_some()) {
            return self.send_distributions(points).await;
        }
        tracing::debug!(series = points.len(), host = self.http.host, "delivering to Datadog");
        // A repeated point overwrites the first one.
        let request = || self.requests.series(points.iter().copied());
        match self.send_request(request, Idempotency::Idempotent).await {
            Ok(_) => Sent::Accepted,
            Err(error) => not_delivered(error, points),
        }
    }

    async fn send_distributions(&self, points: &[&Point]) -> Sent {
        for (payload, part) in distribution_payloads(points).zip(1..) {
            tracing::debug!(distributions = points.len(), host = self.http.host, "delivering to Datadog");
            let request = || self.requests.distributions(payload);
            match self.send_request(request, Idempotency::NotIdempotent).await {
                Ok(_) => {}
                Err(source) if part > 1 => {
                    return Sent::Unknown(DeliveryError::new(Incomplete { part, source }));
                }
                Err(error) if error.last_error().is_some_and(DatadogError::may_have_been_processed) => {
                    return Sent::Unknown(DeliveryError::new(error));
                }
                Err(error) => return not_delivered(error, points),
            }
        }
        Sent::Accepted
    }

    async fn send_request(
        &self,
        request: impl FnOnce() -> Result<Request, DatadogError>,
        idempotency: Idempotency,
    ) -> Result<Success, RetryError<DatadogError>> {
        if self.retrier.is_past_deadline() {
            return Err(RetryError::TooLate);
        }
        let request = request().map_err(RetryError::Permanent)?;
        self.http.send_with_retries(&request, idempotency, &self.retrier).await
    }
}

/// One payload for several distributions. A single distribution may be large, so it has as many payloads as necessary.
fn distribution_payloads<'a>(
    points: &'a [&Point],
) -> Box<dyn Iterator<Item = DistributionPointsPayload> + Send + 'a> {
    match points {
        [point] => Box::new(parts(point, MAX_JSON_SIZE)),
        _ => Box::new(iter::once(distribution_payload(points.iter().copied()))),
    }
}

/// The result for points that Datadog has not stored.
fn not_delivered(error: RetryError<DatadogError>, points: &[&Point]) -> Sent {
    match (error, points) {
        (RetryError::Permanent(error), [point]) if blames_payload(&error) => {
            Sent::Refused(refused(point, error))
        }
        (RetryError::Permanent(error), _) if blames_payload(&error) => {
            Sent::Refused(DeliveryError::new(error))
        }
        // A proxy has its own limit, so smaller payloads may pass.
        (RetryError::Permanent(DatadogError::Unexpected(response)), [_, _, ..]) if response.status == 413 => {
            Sent::Refused(DeliveryError::new(DatadogError::Unexpected(response)))
        }
        (RetryError::Permanent(error @ DatadogError::RefusedKey { .. }), _) => {
            Sent::Stopped(DeliveryError::new(error))
        }
        (error, _) => Sent::Left(DeliveryError::new(error)),
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
