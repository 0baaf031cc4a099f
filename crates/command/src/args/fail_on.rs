//! What makes the exit status of a run other than 0.

use clap::ValueEnum;

/// What makes the exit status other than 0. A failed delivery does so with each value except `never`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Neither metrics nor deliveries
    Never,
    /// A failed delivery
    Delivery,
    /// A metric that failed, or a failed delivery
    Error,
    /// A metric that failed or had no data, or a failed delivery
    NoData,
    /// A missed goal, a metric that failed, or a failed delivery
    Goal,
}

impl From<system_health_reporter::FailOn> for FailOn {
    fn from(fail_on: system_health_reporter::FailOn) -> Self {
        use system_health_reporter::FailOn as Setting;

        match fail_on {
            Setting::Never => Self::Never,
            Setting::Delivery => Self::Delivery,
            Setting::Error => Self::Error,
            Setting::NoData => Self::NoData,
            Setting::Goal => Self::Goal,
        }
    }
}
