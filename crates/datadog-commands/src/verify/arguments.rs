//! The arguments of `report verify`.

use std::time::Duration;

use clap::Parser;
use system_health_command::SettingsArguments;
use system_health_registry::parse_duration;

/// Check that delivered points can be queried, and that all managed Datadog dashboards and monitors find data
#[derive(Debug, Parser)]
#[command(name = "verify")]
pub(super) struct VerifyArguments {
    /// Maximum time until a delivered point can be queried
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "2m")]
    pub(super) timeout: Duration,
    /// How far back queries look for data [default: `every` plus `longest_gap` in [monitors], but at least 1h]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(super) since: Option<Duration>,
    #[command(flatten)]
    pub(super) settings: SettingsArguments,
}
