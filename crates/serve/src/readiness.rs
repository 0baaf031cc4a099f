//! Whether the values are current.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use humantime::format_duration;

/// How many slots after the end of a run its values are current. One passes until the next run starts, and that run may take
/// almost as long. Then one skipped slot is left.
const SLOTS: u32 = 3;

/// Until when a value is current that is collected at intervals of `own`, by runs at intervals of `every`.
pub(crate) fn current_until(finished_at: SystemTime, own: Duration, every: Duration) -> SystemTime {
    let age = every.saturating_mul(SLOTS - 1).saturating_add(own);
    finished_at.checked_add(age).unwrap_or(finished_at)
}

/// Why a service is not ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotReady {
    /// It is ending.
    Stopping,
    /// No run has finished.
    NoRun { error: Option<String> },
    /// The last run is too old.
    Old { age: Duration, every: Duration, error: Option<String> },
}

/// Fails if no run has finished, or if its values are no longer current. `error` is why the latest run was not possible.
pub(crate) fn check(
    finished_at: Option<SystemTime>,
    every: Duration,
    now: SystemTime,
    error: Option<&str>,
) -> Result<(), NotReady> {
    let error = error.map(str::to_owned);
    let Some(finished_at) = finished_at else { return Err(NotReady::NoRun { error }) };
    if now <= current_until(finished_at, every, every) {
        return Ok(());
    }
    let age = now.duration_since(finished_at).unwrap_or_default();
    Err(NotReady::Old { age: Duration::from_secs(age.as_secs()), every, error })
}

impl fmt::Display for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = match self {
            Self::Stopping => return f.write_str("not ready: the service is stopping"),
            Self::NoRun { error } => {
                f.write_str("not ready: no run has finished yet")?;
                error
            }
            Self::Old { age, every, error } => {
                let (age, every) = (format_duration(*age), format_duration(*every));
                write!(f, "not ready: the last run finished {age} ago, more than {SLOTS} slots of {every}")?;
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
        let every = Duration::from_mins(1);
        let ready = |finished, now| check(finished, every, now, None).map_err(|not| not.to_string());

        assert_eq!(ready(None, at(0)).unwrap_err(), "not ready: no run has finished yet");
        assert_eq!(ready(Some(at(100)), at(280)), Ok(()));
        assert_eq!(
            ready(Some(at(100)), at(281)).unwrap_err(),
            "not ready: the last run finished 3m 1s ago, more than 3 slots of 1m"
        );
        assert_eq!(ready(Some(at(100)), at(50)), Ok(()), "the clock was set back");
        let error = check(None, every, at(0), Some("no home")).unwrap_err().to_string();
        assert_eq!(error, "not ready: no run has finished yet; the latest run was not possible: no home");
    }
}
