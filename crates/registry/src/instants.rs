//! The past instants of a backfill. A run may collect its metrics for each of these instants instead of for now.

use std::{
    num::NonZero,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Past instants at equal distances, the earliest first. Each is a multiple of the distance since 1970-01-01 00:00 UTC. So where
/// the time spans of two backfills with the same distance overlap, their instants are the same.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use system_health_registry::Instants;
///
/// let day = Duration::from_hours(24);
/// let now = SystemTime::UNIX_EPOCH + 10 * day + Duration::from_hours(9);
/// let instants = Instants::until(now, 3 * day, day).unwrap();
///
/// assert_eq!(instants.len(), 3);
/// assert_eq!(instants.first(), SystemTime::UNIX_EPOCH + 8 * day);
/// assert_eq!(instants.last(), SystemTime::UNIX_EPOCH + 10 * day);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instants {
    first: SystemTime,
    every: Duration,
    count: NonZero<u32>,
}

/// Why a distance and a time span were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InstantsError {
    /// The distance is not a whole number of seconds, or is zero.
    #[error("the distance of the instants must be a whole number of seconds, at least one")]
    Distance,
    /// No multiple of the distance is in the time span.
    #[error(
        "no multiple of the distance is in this time span; make the time span longer or the distance shorter"
    )]
    Nothing,
    /// There are more than [`Instants::MAX`] instants.
    #[error(
        "these are {0} instants, and {max} is the maximum; make the distance longer or the time span shorter",
        max = Instants::MAX
    )]
    TooMany(u64),
}

impl Instants {
    /// Maximum number of instants: one for each hour of a leap year.
    pub const MAX: u32 = 8_784;

    /// The multiples of `every` from `now - time_span` to `now`. Both ends are included.
    pub fn until(now: SystemTime, time_span: Duration, every: Duration) -> Result<Self, InstantsError> {
        if every.is_zero() || every.subsec_nanos() > 0 {
            return Err(InstantsError::Distance);
        }
        let seconds = every.as_secs();
        let since_epoch = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let start = since_epoch(now.checked_sub(time_span).unwrap_or(UNIX_EPOCH));
        let first = (start.as_secs() + u64::from(start.subsec_nanos() > 0)).div_ceil(seconds);
        let last = since_epoch(now).as_secs() / seconds;
        let count = (last + 1).checked_sub(first).filter(|count| *count > 0).ok_or(InstantsError::Nothing)?;
        let fitting = u32::try_from(count).ok().filter(|count| *count <= Self::MAX).and_then(NonZero::new);
        let count = fitting.ok_or(InstantsError::TooMany(count))?;
        Ok(Self { first: UNIX_EPOCH + Duration::from_secs(first * seconds), every, count })
    }

    /// The instants, the earliest first.
    pub fn iter(&self) -> impl Iterator<Item = SystemTime> + use<> {
        let Self { first, every, count } = *self;
        (0..count.get()).map(move |position| first + every * position)
    }

    /// The earliest instant.
    #[must_use]
    pub const fn first(&self) -> SystemTime {
        self.first
    }

    /// The latest instant.
    #[must_use]
    pub fn last(&self) -> SystemTime {
        self.first + self.every * (self.count.get() - 1)
    }

    /// The distance between two consecutive instants.
    #[must_use]
    pub const fn every(&self) -> Duration {
        self.every
    }

    /// The number of instants, at least one.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "there is always at least one instant")]
    pub const fn len(&self) -> usize {
        self.count.get() as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn seconds(now: u64, time_span: u64, every: u64) -> Result<Vec<u64>, InstantsError> {
        let instants = Instants::until(at(now), Duration::from_secs(time_span), Duration::from_secs(every))?;
        let timestamps: Vec<_> =
            instants.iter().map(|instant| instant.duration_since(UNIX_EPOCH).unwrap().as_secs()).collect();
        assert_eq!(
            (timestamps.len(), Some(instants.last())),
            (instants.len(), timestamps.last().map(|last| at(*last)))
        );
        Ok(timestamps)
    }

    #[test]
    fn instants_are_multiples_of_their_distance() {
        assert_eq!(seconds(1_005, 25, 10).unwrap(), [980, 990, 1_000]);
        assert_eq!(seconds(1_000, 20, 10).unwrap(), [980, 990, 1_000], "both ends are instants");
        assert_eq!(seconds(15, 100, 10).unwrap(), [0, 10], "there is no instant before 1970");
    }

    #[test]
    fn an_instant_less_than_a_second_before_the_start_is_left_out() {
        let now = at(1_000) + Duration::from_millis(1);
        let instants = Instants::until(now, Duration::from_secs(20), Duration::from_secs(10)).unwrap();
        assert_eq!((instants.first(), instants.len()), (at(990), 2));
    }

    #[test]
    fn no_instants_too_many_instants_and_a_distance_of_zero_are_refused() {
        assert_eq!(seconds(1_009, 5, 10), Err(InstantsError::Nothing));
        assert_eq!(seconds(1_009, 5, 0), Err(InstantsError::Distance));
        assert_eq!(seconds(1_000_000, 100_000, 1), Err(InstantsError::TooMany(100_001)));
    }
}
