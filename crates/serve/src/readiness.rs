//! Whether the values are current.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use humantime::format_duration;

/// For this many slots after the end of a run, its values are current. Up to one slot passes until the next run starts, that run
/// may take almost another slot, and one slot may be skipped.
const MAX_AGE_IN_SLOTS: u32 = 3;

/// The maximum age of a value. Its metric is collected at intervals of `collection_interval`, by runs at intervals of `every`.
pub(crate) fn max_age(collection_interval: Duration, every: Duration) -> Duration {
    every.saturating_mul(MAX_AGE_IN_SLOTS - 1).saturating_add(collection_interval)
}

/// Whether the values of a run are current. The end of the run may be in the future, because the clock was set back. If it is
/// further ahead than the maximum age, nobody knows how old the values are.
pub(crate) fn is_current(finished_at: SystemTime, max_age: Duration, now: SystemTime) -> bool {
    let distance = now.duration_since(finished_at).unwrap_or_else(|ahead| ahead.duration());
    distance <= max_age
}

/// Why a service is not ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotReady {
    /// The service is stopping.
    Stopping,
    /// No run has finished.
    NoRun { error: Option<String> },
    /// The last run is too old.
    Old { age: Duration, every: Duration, error: Option<String> },
    /// The clock was set back, and no run has finished since.
    SetBack { error: Option<String> },
}

/// Fails if no run has finished, or if the values of the last one are no longer current. `error` is why the latest run was not
/// possible.
pub(crate) fn check(
    finished_at: Option<SystemTime>,
    every: Duration,
    now: SystemTime,
    error: Option<&str>,
) -> Result<(), NotReady> {
    let error = error.map(str::to_owned);
    let Some(finished_at) = finished_at else { return Err(NotReady::NoRun { error }) };
    if is_current(finished_at, max_age(every, every), now) {
        return Ok(());
    }
    Err(match now.duration_since(finished_at) {
        Ok(age) => {
            // Rounded up, because the age is longer than the maximum, which consists of whole seconds.
            let age = Duration::from_secs(age.as_secs() + u64::from(age.subsec_nanos() > 0));
            NotReady::Old { age, every, error }
        }
        Err(_) => NotReady::SetBack { error },
    })
}

impl fmt::Display for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = match self {
            Self::Stopping => return f.write_str("not ready: the service is stopping"),
            Self::NoRun { error } => {
                f.write_str("not ready: no run has finished yet")?;
                error
            }
            Self::SetBack { error } => {
                f.write_str("not ready: the clock was set back, and no run has finished since")?;
                error
            }
            Self::Old { age, every, error } => {
                let (age, every) = (format_duration(*age), format_duration(*every));
                write!(
                    f,
                    "not ready: the last run finished {age} ago, more than {MAX_AGE_IN_SLOTS} slots of {every}"
                )?;
                error
            }
        };
        error.as_ref().map_or(Ok(()), |error| write!(f, "; the latest run was not possible: {error}"))
    }
}

#[cfg(test)]
mod unit_tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn a_service_is_ready_while_the_values_of_its_last_run_are_current() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let a_moment = Duration::from_millis(1);
        let every = Duration::from_mins(1);
        let ready =
            |finished, now| check(finished, every, now, None).map_err(|not_ready| not_ready.to_string());

        assert_eq!(ready(None, at(0)).unwrap_err(), "not ready: no run has finished yet");
        assert_eq!(ready(Some(at(100)), at(280)), Ok(()));
        for now in [at(280) + a_moment, at(281)] {
            assert_eq!(
                ready(Some(at(100)), now).unwrap_err(),
                "not ready: the last run finished 3m 1s ago, more than 3 slots of 1m"
            );
        }
        assert_eq!(ready(Some(at(1000)), at(950)), Ok(()), "the clock was corrected");
        assert_eq!(
            ready(Some(at(1000)), at(50)).unwrap_err(),
            "not ready: the clock was set back, and no run has finished since"
        );
        let error = check(None, every, at(0), Some("no home")).unwrap_err().to_string();
        assert_eq!(error, "not ready: no run has finished yet; the latest run was not possible: no home");
    }
}
