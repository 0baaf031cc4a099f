//! The time since which a reporter watches counters.

use std::{
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

/// The time since which a reporter watches counters. A counter that started later has not been delivered yet, so its whole total
/// is an increase.
#[derive(Debug)]
pub(crate) struct WatchingSince(Mutex<SystemTime>);

impl WatchingSince {
    pub(crate) const fn new(time: SystemTime) -> Self {
        Self(Mutex::new(time))
    }

    pub(crate) fn get(&self) -> SystemTime {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Watches only from now on. Without state, nobody knows how much of the counters has already been delivered.
    pub(crate) fn restart(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = SystemTime::now();
    }
}
