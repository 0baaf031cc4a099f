//! The arguments of everything that makes runs: `report` itself, and commands that run again and again.

use std::time::Duration;

use clap::Args;
use system_health_registry::parse_duration;

use super::{GlobList, SettingFlagArguments, SettingSwitchArguments, SettingsArguments, StateArguments};

/// What runs collect, and where they deliver it.
#[derive(Debug, Clone, Args)]
pub struct RunArguments {
    /// Sinks to deliver to, separated by commas; may be repeated [default: from the settings, or all sinks that they
    /// configure, or else a sink that needs no settings]
    #[arg(long, value_name = "SINK", value_delimiter = ',')]
    pub(crate) to: Vec<String>,
    /// Collect only metrics whose key matches a glob, such as 'commits.*'; several are separated by commas; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub(crate) only: Vec<GlobList>,
    /// Skip metrics whose key matches a glob; several are separated by commas; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub(crate) skip: Vec<GlobList>,
    #[command(flatten)]
    pub(crate) flags: SettingFlagArguments,
    #[command(flatten)]
    pub(crate) switches: SettingSwitchArguments,
    /// Where state is kept.
    #[command(flatten)]
    pub state: StateArguments,
    /// Where settings are read from.
    #[command(flatten)]
    pub settings: SettingsArguments,
    /// Maximum time of the whole run, including delivery [default: from the settings, or 5m]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) deadline: Option<Duration>,
    /// Round the time of all points down to a multiple of this, such as 15m, so that a repeated run overwrites its
    /// points [at most 30m; default: from the settings, or the time at which the run started]
    #[arg(long, value_name = "SLOT", value_parser = parse_duration)]
    pub(crate) align: Option<Duration>,
    /// Do not deliver metrics about the reporter itself
    #[arg(long)]
    pub(crate) no_self_metrics: bool,
    /// Do not send events: neither those about goals nor those of collectors
    #[arg(long)]
    pub(crate) no_events: bool,
}
