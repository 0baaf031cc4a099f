//! The arguments of `report list`.

use clap::Args;

use super::{SettingsArguments, StateFolderArguments};

/// Where to find the metrics that sources described in earlier runs.
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    #[command(flatten)]
    pub(crate) folder: StateFolderArguments,
    #[command(flatten)]
    pub(crate) settings: SettingsArguments,
}
