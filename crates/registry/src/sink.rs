//! Where points are delivered to. A sink accounts for every point that it was given, because only the
//! sink knows what its backend meant: taken, refused for good, or to be tried again.

use std::{fmt, ops::Range, time::Duration};

use futures::{future::BoxFuture, stream::BoxStream};
use tokio::time::Instant;

use crate::{Event, Point, SharedError};

/// A backend that takes points, such as Datadog.
pub trait Sink: fmt::Debug + Send + Sync {
    /// The sink's name in the output, such as `datadog`.
    fn name(&self) -> &'static str;

    /// Asks the backend whether it would take a delivery: it is reachable and accepts the credentials. Retries
    /// end by the deadline.
    fn check(&self, deadline: Instant) -> BoxFuture<'_, Result<(), DeliveryError>>;

    /// How long after its time the backend still takes a point; forever by default.
    fn max_age(&self) -> Duration {
        Duration::MAX
    }

    /// How far ahead of this machine's clock the backend takes a point; any distance by default.
    fn max_ahead(&self) -> Duration {
        Duration::MAX
    }

    /// Delivers points and says what became of each, as soon as it is known. What the stream has not
    /// said when it ends or is dropped is not delivered. Retries end by the deadline. Delivering a point
    /// again changes nothing, where the backend allows it.
    fn deliver<'a>(&'a self, points: &'a [Point], deadline: Instant) -> BoxStream<'a, Settlement>;

    /// How long after it happened the backend still takes an event; forever by default.
    fn max_event_age(&self) -> Duration {
        Duration::MAX
    }

    /// Sends an event. Unlike a point it would be there twice if it were sent again, so this says exactly
    /// what is known of it. Retries end by the deadline.
    fn announce<'a>(&'a self, event: &'a Event, deadline: Instant) -> BoxFuture<'a, Announced>;
}

/// What became of an event.
#[derive(Debug, Clone)]
pub enum Announced {
    /// The backend took it.
    Accepted,
    /// The backend does not take it, now or later.
    Refused(DeliveryError),
    /// It has certainly not arrived; another attempt may succeed.
    Left(DeliveryError),
    /// It may have arrived: no answer came.
    Unknown(DeliveryError),
}

/// What became of some of the points of a delivery.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// Which points, by their position in the delivery.
    pub points: Range<usize>,
    /// What became of each of them.
    pub verdict: Verdict,
}

/// What a backend did with a point.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// It took the point.
    Accepted,
    /// It does not take this point, now or later.
    Refused(DeliveryError),
    /// The point did not get there; a later delivery may succeed.
    Left(DeliveryError),
}

/// Why points were not delivered, with all causes.
#[derive(Debug, Clone)]
pub struct DeliveryError(SharedError);

impl DeliveryError {
    /// Shares an error.
    pub fn new(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(SharedError::new(error))
    }
}

impl fmt::Display for DeliveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for DeliveryError {}
