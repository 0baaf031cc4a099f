//! The clock that says when slots start.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use system_health_reporter::Slots;
use tokio::time::{Instant, sleep};

/// Maximum time after which the clock is read again. Somebody may set the clock, and the machine may be suspended.
const MAX_SLEEP: Duration = Duration::from_secs(10);

/// The clock of the system, or in tests one that follows the paused time of the runtime. Clones are the same clock.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clock {
    /// The time that the clock showed at an instant.
    simulated: Option<Arc<Mutex<(SystemTime, Instant)>>>,
}

impl Clock {
    /// A clock that shows this time now.
    #[cfg(test)]
    pub(crate) fn simulated(now: SystemTime) -> Self {
        Self { simulated: Some(Arc::new(Mutex::new((now, Instant::now())))) }
    }

    /// Sets a simulated clock.
    #[cfg(test)]
    pub(crate) fn set(&self, now: SystemTime) {
        let simulated = self.simulated.as_ref().expect("only a simulated clock can be set");
        *simulated.lock().unwrap() = (now, Instant::now());
    }

    /// The time now.
    pub(crate) fn now(&self) -> SystemTime {
        match &self.simulated {
            None => SystemTime::now(),
            Some(simulated) => {
                let (time, instant) = *simulated.lock().unwrap_or_else(PoisonError::into_inner);
                time + instant.elapsed()
            }
        }
    }

    /// Waits until `start`, the start of the next slot. Returns early if the start is more than two slots away, because then
    /// the clock was set back. A smaller correction does not repeat a slot.
    pub(crate) async fn until_start(&self, start: SystemTime, slots: Slots) {
        let longest = slots.length() * 2;
        while let Ok(remaining) = start.duration_since(self.now())
            && !remaining.is_zero()
            && remaining <= longest
        {
            sleep(remaining.min(MAX_SLEEP)).await;
        }
    }
}
