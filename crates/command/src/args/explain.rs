//! The arguments of `report explain`: a run's, without those about delivery and state.

use std::time::Duration;

use clap::Args;
use globset::Glob;
use system_health_registry::parse_duration;

use super::{RepositoryArguments, SettingsArguments};

/// What stands below the flags in the help.
pub(super) const AFTER_HELP: &str = "\
The metrics are collected now. Nothing is delivered and nothing is kept; earlier runs have no evidence.

Exit status:
  0  done, whether or not goals are met
  1  a metric failed
  2  wrong usage or settings, or no metric matches KEY, or no subject NAME
  5  the data could not be written to stdout
  130, 143  ended by Ctrl-C, by SIGTERM";

/// Which metrics to explain.
#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    /// The metrics: keys, or globs such as 'commits.*'
    #[arg(required = true, value_name = "KEY")]
    pub(crate) keys: Vec<Glob>,
    /// Only about these subjects: names, or globs such as 'acme/*'
    #[arg(long, value_name = "NAME")]
    pub(crate) subject: Vec<Glob>,
    #[command(flatten)]
    pub(crate) repository: RepositoryArguments,
    #[command(flatten)]
    pub(crate) settings: SettingsArguments,
    /// How long the collection may take [default: from the settings, or 5m]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) deadline: Option<Duration>,
    /// Show no progress display
    #[arg(long)]
    pub(crate) no_progress: bool,
}
