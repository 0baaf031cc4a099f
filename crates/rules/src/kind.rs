//! How the values of a metric relate to time.

use std::{fmt, time::Duration};

use crate::format_duration;

/// How the values of a metric relate to time.
/// See <https://docs.datadoghq.com/metrics/types/>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A current value, such as the length of a queue.
    Gauge,
    /// The number of events in the interval.
    Count {
        /// The time that a value covers, in whole seconds.
        interval: Duration,
    },
    /// The number of events per second, averaged over the interval.
    Rate {
        /// The time that a value covers, in whole seconds.
        interval: Duration,
    },
    /// The number of events since a start, such as the start of a process. It only grows, except that it restarts at zero
    /// together with the process.
    Counter,
    /// Many values, such as the durations of requests, which the backend shows as quantiles.
    Distribution,
}

/// Why a kind was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KindError {
    /// There is no kind of this name.
    #[error(
        "there is no kind `{0}`; a metric is a `gauge`, a `count`, a `rate`, a `counter` or a `distribution`"
    )]
    Unknown(String),
    /// A count or a rate without an interval.
    #[error("a {0} needs the time that a value covers; add an option such as `interval = \"15m\"`")]
    NoInterval(&'static str),
    /// An interval for a kind that has none.
    #[error("a {0} has no interval; remove `interval`, or set `kind = \"count\"` or `kind = \"rate\"`")]
    HasNoInterval(&'static str),
    /// A goal for a kind without a current value.
    #[error(
        "a {0} has no current value, so it cannot have a goal; remove the goal, or set it on a metric with a current value, \
         such as a gauge"
    )]
    Goal(&'static str),
}

impl Kind {
    /// The kind with this name. A count or a rate has no interval yet.
    pub(crate) fn from_name(name: &str) -> Result<Self, KindError> {
        let interval = Duration::ZERO;
        let kinds = [
            Self::Gauge,
            Self::Count { interval },
            Self::Rate { interval },
            Self::Counter,
            Self::Distribution,
        ];
        let named = kinds.into_iter().find(|kind| kind.name() == name);
        named.ok_or_else(|| KindError::Unknown(name.to_owned()))
    }

    /// Sets the interval of a count or a rate.
    pub(crate) fn set_interval(&mut self, time: Duration) -> Result<(), KindError> {
        match self {
            Self::Gauge | Self::Counter | Self::Distribution => Err(KindError::HasNoInterval(self.name())),
            Self::Count { interval } | Self::Rate { interval } => {
                *interval = time;
                Ok(())
            }
        }
    }

    /// Refuses a count or a rate without an interval.
    pub(crate) fn check_has_interval(&self) -> Result<(), KindError> {
        match self.interval() {
            Some(Duration::ZERO) => Err(KindError::NoInterval(self.name())),
            _ => Ok(()),
        }
    }

    /// Refuses a goal for a kind whose values are not the current state of something.
    pub(crate) fn check_can_have_goal(&self) -> Result<(), KindError> {
        match self {
            Self::Gauge | Self::Count { .. } | Self::Rate { .. } => Ok(()),
            Self::Counter | Self::Distribution => Err(KindError::Goal(self.name())),
        }
    }

    /// The name of the kind: `gauge`, `count`, `rate`, `counter` or `distribution`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Count { .. } => "count",
            Self::Rate { .. } => "rate",
            Self::Counter => "counter",
            Self::Distribution => "distribution",
        }
    }

    /// The time that a value covers. `None` for a gauge, a counter and a distribution.
    #[must_use]
    pub const fn interval(&self) -> Option<Duration> {
        match self {
            Self::Gauge | Self::Counter | Self::Distribution => None,
            Self::Count { interval } | Self::Rate { interval } => Some(*interval),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self.interval() {
            Some(interval) => write!(f, " per {}", format_duration(interval)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_displayed_with_its_interval() {
        let interval = Duration::from_mins(15);

        assert_eq!(Kind::Gauge.to_string(), "gauge");
        assert_eq!(Kind::Count { interval }.to_string(), "count per 15m");
        assert_eq!(Kind::Rate { interval }.to_string(), "rate per 15m");
        assert_eq!((Kind::Gauge.interval(), Kind::Rate { interval }.interval()), (None, Some(interval)));
    }
}
