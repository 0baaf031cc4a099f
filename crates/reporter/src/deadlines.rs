//! How the time of a run is divided.

use std::time::Duration;

use tokio::time::Instant;

/// Longer deadlines mean no deadline: the clock cannot represent much later times.
const MAX_DURATION: Duration = Duration::from_hours(365 * 24);

/// When the parts of a delivery have to end. They follow each other, and each retries until its deadline: so an outage
/// that lasts takes no time from what comes next.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadlines {
    pub(crate) points: Instant,
    pub(crate) events: Instant,
    pub(crate) self_metrics: Instant,
}

impl Deadlines {
    /// The parts of a delivery in a run that ends at `end`, with a [`reserve`] that collecting does not use. What is
    /// left of it is for the caller, to print for example.
    pub(crate) fn new(end: Instant, reserve: Duration) -> Self {
        Self { points: end - reserve / 2, events: end - reserve / 4, self_metrics: end - reserve / 10 }
    }
}

/// How much of a run's time is kept for delivery: a fifth, but no more than half a minute.
#[must_use]
pub fn reserve(deadline: Duration) -> Duration {
    (deadline / 5).min(Duration::from_secs(30))
}

/// When a run that started then has to end.
#[must_use]
pub fn end(started: Instant, deadline: Duration) -> Instant {
    started + deadline.min(MAX_DURATION)
}
