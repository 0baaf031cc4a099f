//! The arguments of `report explain`.

use std::time::Duration;

use clap::Args;
use system_health_registry::parse_duration;

use super::{GlobList, SettingFlagArguments, SettingsArguments};
use crate::exit;

/// The end of the help.
pub(super) fn after_help() -> String {
    let note = "The metrics are collected now, because evidence is not kept between runs. Nothing is delivered.\n\
                Goals do not change the exit status.\n\
                If a KEY matches no metric, the exit status is 2. If the program has sources, it is 1, because only the\n\
                collection shows which metrics the sources have.";
    format!("{note}\n\n{}", exit::help_without_delivery())
}

/// Which metrics to explain.
#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    /// Keys of metrics, or globs such as 'commits.*'; may also be separated by commas
    #[arg(required = true, value_name = "KEY")]
    pub(crate) keys: Vec<GlobList>,
    /// Collect only for these subjects: names, or globs such as 'acme/*', separated by commas;
    /// may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) subject: Vec<GlobList>,
    #[command(flatten)]
    pub(crate) flags: SettingFlagArguments,
    #[command(flatten)]
    pub(crate) settings: SettingsArguments,
    /// Maximum time of the collection [default: from the settings, or 5m]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) deadline: Option<Duration>,
    /// Do not display progress
    #[arg(long)]
    pub(crate) no_progress: bool,
}
