//! The arguments of `report metadata`.

use clap::Parser;
use system_health_command::SettingsArguments;

/// Print or push the metadata for Datadog: descriptions, units and types of the metrics that a run collects
#[derive(Debug, Parser)]
#[command(name = "metadata")]
pub(super) struct MetadataArguments {
    /// Update the metadata in Datadog where it differs; needs an application key
    #[arg(long)]
    pub(super) push: bool,
    #[command(flatten)]
    pub(super) settings: SettingsArguments,
}
