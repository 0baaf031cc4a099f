//! The fake's clock, and its counter for ids.

use std::time::SystemTime;

/// The clock and the counter from which new items take their times and ids.
#[derive(Debug)]
pub(super) struct Numbers {
    pub(super) now: SystemTime,
    last: u64,
}

impl Numbers {
    /// A clock that stands at this time, and a counter that starts at 1.
    pub(super) const fn new(now: SystemTime) -> Self {
        Self { now, last: 0 }
    }

    /// The next number. Each is returned once.
    pub(super) const fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }
}
