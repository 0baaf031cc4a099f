//! The arguments of `report history`.

use std::time::Duration;

use clap::Args;
use system_health_registry::parse_duration;

use super::{GlobList, SettingsArguments, StateFolderArguments};

/// Which earlier runs to show.
#[derive(Debug, Args)]
pub(crate) struct HistoryArguments {
    /// Only these metrics: keys, or globs such as 'commits.*'; may also be separated by commas. The values of a single key
    /// are plotted [default: all]
    #[arg(value_name = "KEY")]
    pub(crate) keys: Vec<GlobList>,
    /// Show runs that are at most this old
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "7d")]
    pub(crate) since: Duration,
    /// First, delete the runs that are older than this from the state folder
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) keep: Option<Duration>,
    #[command(flatten)]
    pub(crate) folder: StateFolderArguments,
    #[command(flatten)]
    pub(crate) settings: SettingsArguments,
}
