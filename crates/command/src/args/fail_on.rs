//! The argument that selects which problems make the exit status of a run nonzero.

use clap::ValueEnum;
use system_health_reporter::FailOn;

/// Which problems make the exit status nonzero. With every value except `never`, a failed delivery does.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum FailOnArgument {
    /// Neither metrics nor deliveries
    Never,
    /// A failed delivery
    Delivery,
    /// A metric that failed, a pattern of --only that matches no metric, or a failed delivery
    Error,
    /// The same as error, or a metric that had no data
    NoData,
    /// The same as error, or a missed goal
    Goal,
}

impl From<FailOnArgument> for FailOn {
    fn from(argument: FailOnArgument) -> Self {
        match argument {
            FailOnArgument::Never => Self::Never,
            FailOnArgument::Delivery => Self::Delivery,
            FailOnArgument::Error => Self::Error,
            FailOnArgument::NoData => Self::NoData,
            FailOnArgument::Goal => Self::Goal,
        }
    }
}
