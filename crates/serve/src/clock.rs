//! The clock that slots are counted with.

use std::time::{Duration, SystemTime};

use tokio::time::{Instant, sleep};

/// Maximum time after which the clock is read again. It may be set, and a machine may be suspended.
const CHECK: Duration = Duration::from_secs(10);

/// The clock of the system, or in tests one that follows the paused time of the runtime.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Clock {
    /// The time at some instant.
    simulated: Option<(SystemTime, Instant)>,
}

impl Clock {
    /// A clock that shows this time now.
    #[cfg(test)]
    pub(crate) fn simulated(now: SystemTime) -> Self {
        Self { simulated: Some((now, Instant::now())) }
    }

    /// The time now.
    pub(crate) fn now(&self) -> SystemTime {
        match self.simulated {
            None => SystemTime::now(),
            Some((time, instant)) => time + instant.elapsed(),
        }
    }

    /// Waits for a time.
    pub(crate) async fn until(&self, time: SystemTime) {
        while let Ok(left) = time.duration_since(self.now())
            && !left.is_zero()
        {
            sleep(left.min(CHECK)).await;
        }
    }
}
