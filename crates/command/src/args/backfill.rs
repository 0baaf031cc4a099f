//! The arguments of `report backfill`.

use std::time::Duration;

use clap::Args;
use system_health_registry::parse_duration;

use super::{GlobList, SettingFlagArguments, SettingsArguments, StateFolderArguments};
use crate::exit;

/// The end of the help.
pub(super) fn after_help() -> String {
    let note = "Only the history in the state folder changes: nothing is delivered, and values of runs are kept. If a value\n\
                differs from that of an earlier backfill, the earlier value is kept, and the exit status is 1.\n\
                docs/backfill.md says which metrics can be computed for the past, and why.";
    format!("{note}\n\n{}", exit::help_without_delivery())
}

/// Which metrics to compute for which instants.
#[derive(Debug, Args)]
pub(crate) struct BackfillArguments {
    /// How far back
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "90d")]
    pub(crate) since: Duration,
    /// Time between two instants, which are aligned to multiples of this duration in UTC
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "1d")]
    pub(crate) every: Duration,
    /// Show the instants, the metrics and the expected requests, and compute nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Compute only metrics whose key matches a glob, such as 'commits.*'; several are separated by commas; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub(crate) only: Vec<GlobList>,
    /// Skip metrics whose key matches a glob; several are separated by commas; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub(crate) skip: Vec<GlobList>,
    #[command(flatten)]
    pub(crate) flags: SettingFlagArguments,
    #[command(flatten)]
    pub(crate) folder: StateFolderArguments,
    #[command(flatten)]
    pub(crate) settings: SettingsArguments,
    /// Maximum time of the backfill; what has finished by then is kept
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "1h")]
    pub(crate) deadline: Duration,
    /// Do not display progress
    #[arg(long)]
    pub(crate) no_progress: bool,
}
