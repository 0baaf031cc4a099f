//! The arguments of `report metadata`.

use clap::Parser;
use system_health_command::SettingsArguments;

/// Print or push the descriptions, units and types of the linked metrics for Datadog
#[derive(Debug, Parser)]
#[command(name = "metadata")]
pub(super) struct MetadataArguments {
    /// Update the metadata in Datadog where it differs; needs an application key
    #[arg(long)]
    pub(super) push: bool,
    #[command(flatten)]
    pub(super) settings: SettingsArguments,
}
