//! How the time of a run is divided.

use std::time::Duration;

use tokio::time::Instant;

/// Longer deadlines mean no deadline: the clock cannot represent much later times.
const MAX_DURATION: Duration = Duration::from_hours(365 * 24);

/// The deadlines of the parts of a delivery. They follow each other, and each part retries until its deadline, so a long outage
/// leaves time for the next part.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadlines {
    pub(crate) points: Instant,
    pub(crate) events: Instant,
    pub(crate) self_metrics: Instant,
}

impl Deadlines {
    /// The deadlines in a run that ends at `end`, with a [`reserve`] that collecting does not use. The rest of the reserve is for
    /// the caller, for example to print.
    pub(crate) fn new(end: Instant, reserve: Duration) -> Self {
        Self { points: end - reserve / 2, events: end - reserve / 4, self_metrics: end - reserve / 10 }
    }
}

/// The part of a run's time that is reserved for the delivery: a fifth, but at most half a minute.
#[must_use]
pub fn reserve(deadline: Duration) -> Duration {
    (deadline / 5).min(Duration::from_secs(30))
}

/// The deadline of a run with this start.
#[must_use]
pub fn end(started: Instant, deadline: Duration) -> Instant {
    started + deadline.min(MAX_DURATION)
}
