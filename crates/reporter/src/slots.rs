//! The slots of a service. They start at the multiples of their length since 1970-01-01 00:00 UTC, so that reporters on several
//! machines measure at the same times, and a restarted reporter continues where it stopped. Nothing here reads the clock: the
//! caller passes the time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Minimum length in seconds. The times of points are also whole seconds.
const MIN_SECONDS: u64 = 1;

/// Maximum length in seconds: ten years. No service needs longer slots, and `SystemTime` can represent the start of the next slot.
const MAX_SECONDS: u64 = 10 * 365 * 24 * 3600;

/// Slots of equal length, without gaps.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// use system_health_reporter::Slots;
///
/// let at = |minutes| UNIX_EPOCH + Duration::from_mins(minutes);
/// let slots = Slots::new(Duration::from_mins(15));
/// assert_eq!(slots.start_of(at(37)), at(30));
/// assert_eq!(slots.next_after(at(30)), at(45));
/// assert_eq!(slots.starts_between(at(30), at(60)), 2);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slots {
    seconds: u64,
}

impl Slots {
    /// Slots of this length, rounded down to whole seconds, but at least a second and at most ten years. Times before 1970 count
    /// as 1970.
    #[must_use]
    pub fn new(length: Duration) -> Self {
        Self { seconds: length.as_secs().clamp(MIN_SECONDS, MAX_SECONDS) }
    }

    /// The length.
    #[must_use]
    pub const fn length(self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// The start of the slot that contains a time.
    #[must_use]
    pub fn start_of(self, time: SystemTime) -> SystemTime {
        start(self.index_of(time), self.seconds)
    }

    /// The first start of a slot that is later than a time.
    #[must_use]
    pub fn next_after(self, time: SystemTime) -> SystemTime {
        start(self.index_of(time) + 1, self.seconds)
    }

    /// How many slots start later than `after`, and not later than `until`.
    #[must_use]
    pub fn starts_between(self, after: SystemTime, until: SystemTime) -> u64 {
        self.index_of(until).saturating_sub(self.index_of(after))
    }

    /// Whether something that happens at most once in each slot is due at `time`. `previous` is the time of the previous check.
    /// It is due if a slot has started since then, if there was no check before, or if the clock was set back. So a skipped
    /// check only delays it.
    #[must_use]
    pub fn is_due(self, previous: Option<SystemTime>, time: SystemTime) -> bool {
        previous.is_none_or(|previous| previous > time || self.starts_between(previous, time) > 0)
    }

    /// How many slots since 1970 come before the slot that contains this time.
    fn index_of(self, time: SystemTime) -> u64 {
        time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() / self.seconds
    }
}

fn start(index: u64, seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(index.saturating_mul(seconds))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(millis: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(millis)
    }

    #[test]
    fn lengths_are_whole_seconds_within_bounds() {
        assert_eq!(Slots::new(Duration::ZERO).length(), Duration::from_secs(1));
        assert_eq!(Slots::new(Duration::from_millis(2500)).length(), Duration::from_secs(2));
        assert!(Slots::new(Duration::MAX).next_after(SystemTime::now()) > SystemTime::now());
    }

    #[test]
    fn a_metric_of_a_skipped_slot_is_due_in_the_next_run() {
        let hourly = Slots::new(Duration::from_hours(1));
        let minute = |minutes: u64| at(minutes * 60_000);

        assert!(hourly.is_due(None, minute(7)), "the first run collects everything");
        assert!(!hourly.is_due(Some(minute(58)), minute(59)));
        assert!(hourly.is_due(Some(minute(59)), minute(62)), "the slot at 60 was skipped");
        assert!(!hourly.is_due(Some(minute(62)), minute(63)));
        assert!(hourly.is_due(Some(minute(6_000)), minute(63)), "the clock was set back");
    }

    proptest! {
        #[test]
        fn each_time_is_in_exactly_one_slot(millis in 0_u64..4_000_000_000_000, seconds in 1_u64..1_000_000) {
            let (slots, time) = (Slots::new(Duration::from_secs(seconds)), at(millis));
            let (start, next) = (slots.start_of(time), slots.next_after(time));

            prop_assert!(start <= time && time < next);
            prop_assert_eq!(next.duration_since(start).unwrap(), slots.length());
            prop_assert_eq!(slots.start_of(start), start);
            prop_assert_eq!(slots.start_of(next), next);
            prop_assert_eq!(start.duration_since(UNIX_EPOCH).unwrap().as_secs() % seconds, 0);
        }

        #[test]
        fn slots_between_times_add_up(times in prop::array::uniform3(0_u64..4_000_000_000), seconds in 1_u64..100_000) {
            let slots = Slots::new(Duration::from_secs(seconds));
            let mut times = times.map(at);
            times.sort_unstable();
            let [first, middle, last] = times;

            let parts = slots.starts_between(first, middle) + slots.starts_between(middle, last);
            prop_assert_eq!(slots.starts_between(first, last), parts);
            prop_assert_eq!(slots.starts_between(last, first), 0);
        }

        #[test]
        fn a_metric_is_due_at_most_once_in_each_of_its_slots(
            run_seconds in 1_u64..100,
            metric_seconds in 1_u64..1000,
            skipped in prop::collection::vec(0_u64..5, 1..50),
        ) {
            let [run_slots, metric_slots] = [run_seconds, metric_seconds].map(|seconds| Slots::new(Duration::from_secs(seconds)));
            let first = at(1_700_000_000_000);
            let mut previous = run_slots.start_of(first);
            let (mut due, start) = (0, previous);
            for skip in skipped {
                let slot = previous + run_slots.length() * u32::try_from(skip + 1).unwrap();
                due += u64::from(metric_slots.is_due(Some(previous), slot));
                previous = slot;
            }
            let starts = metric_slots.starts_between(start, previous);

            prop_assert!(due <= starts);
            // Several starts between two runs make it due only once.
            prop_assert!(due > 0 || starts == 0);
        }
    }
}
