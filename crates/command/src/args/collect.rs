//! The arguments of `report` without a command.

use std::time::Duration;

use clap::Args;
use system_health_registry::parse_duration;

use super::{
    FailOnArgument, GlobList, SettingFlagArguments, SettingSwitchArguments, SettingsArguments, StateArguments,
};

/// What to collect, and what to do with the values.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct CollectArguments {
    /// Deliver the values
    #[arg(long, group = "delivery", conflicts_with = "dry_run")]
    pub(crate) push: bool,
    /// Show what --push would deliver, except the metrics about the delivery itself, and deliver nothing
    #[arg(long, group = "delivery")]
    pub(crate) dry_run: bool,
    /// Sinks to deliver to, separated by commas; may be repeated [default: from the settings, or all sinks that they
    /// configure]
    #[arg(long, value_name = "SINK", value_delimiter = ',', requires = "delivery")]
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
    #[command(flatten)]
    pub(crate) state: StateArguments,
    #[command(flatten)]
    pub(crate) settings: SettingsArguments,
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
    /// Which problems make the exit status nonzero [default: from the settings, or error]
    #[arg(long, value_name = "WHAT")]
    pub(crate) fail_on: Option<FailOnArgument>,
    /// Do not display progress
    #[arg(long)]
    pub(crate) no_progress: bool,
}
