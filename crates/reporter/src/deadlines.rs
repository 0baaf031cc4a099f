//! The division of a run's time.

use std::time::Duration;

use tokio::time::Instant;

/// Longer deadlines are shortened to this duration, because the clock cannot represent times that are much later.
const MAX_DURATION: Duration = Duration::from_hours(365 * 24);

/// The deadlines of the parts of a delivery. The parts follow each other, and each part retries until its own deadline.
/// So a long outage during one part leaves time for the next one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadlines {
    pub(crate) points: Instant,
    pub(crate) events: Instant,
    pub(crate) self_metrics: Instant,
}

impl Deadlines {
    /// The deadlines in a run that ends at `end`. The [`delivery_reserve`] is not used for collecting. Its last tenth is left to
    /// the caller, for example for printing.
    pub(crate) fn new(end: Instant, reserve: Duration) -> Self {
        Self { points: end - reserve / 2, events: end - reserve / 4, self_metrics: end - reserve / 10 }
    }
}

/// The part of a run's time that is reserved for the delivery: a fifth, but at most half a minute.
#[must_use]
pub fn delivery_reserve(deadline: Duration) -> Duration {
    (deadline / 5).min(Duration::from_secs(30))
}

/// When a run that started at `started` must have ended.
#[must_use]
pub fn run_end(started: Instant, deadline: Duration) -> Instant {
    started + deadline.min(MAX_DURATION)
}
