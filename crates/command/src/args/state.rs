//! Where runs and undelivered points are kept.

use std::path::PathBuf;

use clap::Args;

/// The state folder.
#[derive(Debug, Clone, Default, Args)]
pub struct StateFolderArguments {
    /// Folder for runs, undelivered points and other state [default: `SYSTEM_HEALTH_STATE_DIR`, the settings file,
    /// or the platform's state folder]
    #[arg(long, value_name = "FOLDER")]
    pub state_dir: Option<PathBuf>,
}

/// The state folder, unless no state is kept.
#[derive(Debug, Clone, Default, Args)]
pub struct StateArguments {
    /// The folder.
    #[command(flatten)]
    pub folder: StateFolderArguments,
    /// Keep no state: points that cannot be delivered now are lost, and no events are sent
    #[arg(long, conflicts_with = "state_dir")]
    pub no_state: bool,
}
