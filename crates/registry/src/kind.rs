//! How the values of a metric relate to time.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

/// How the values of a metric relate to time.
/// See <https://docs.datadoghq.com/metrics/types/>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A value as of now, such as a queue's length.
    Gauge,
    /// How often something happened during the interval.
    Count {
        /// The time that a value covers, in whole seconds.
        interval: Duration,
    },
    /// How often something happened in a second, on average over the interval.
    Rate {
        /// The time that a value covers, in whole seconds.
        interval: Duration,
    },
}

impl Kind {
    /// The kind's name: `gauge`, `count` or `rate`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Count { .. } => "count",
            Self::Rate { .. } => "rate",
        }
    }

    /// The time that a value covers, for a count or a rate.
    #[must_use]
    pub const fn interval(&self) -> Option<Duration> {
        match self {
            Self::Gauge => None,
            Self::Count { interval } | Self::Rate { interval } => Some(*interval),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self.interval() {
            Some(interval) => write!(f, " per {}", humantime::format_duration(interval)),
            None => Ok(()),
        }
    }
}
