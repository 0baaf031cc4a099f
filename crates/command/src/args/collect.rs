//! The arguments of `report` without a command.

use clap::Args;

use super::{FailOnArgument, RunArguments};

/// What to collect, and what to do with the values.
#[derive(Debug, Args)]
pub(crate) struct CollectArguments {
    /// Deliver the values
    #[arg(long, group = "delivery", conflicts_with = "dry_run")]
    pub(crate) push: bool,
    /// Show what --push would deliver, except the metrics about the delivery itself, and deliver nothing
    #[arg(long, group = "delivery")]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) run: RunArguments,
    /// Which problems make the exit status nonzero [default: from the settings, or error]
    #[arg(long, value_name = "WHAT")]
    pub(crate) fail_on: Option<FailOnArgument>,
    /// Do not display progress
    #[arg(long)]
    pub(crate) no_progress: bool,
}
