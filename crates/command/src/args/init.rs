//! The arguments of `report init`.

use std::path::PathBuf;

use clap::Args;

/// Where to write the settings file.
#[derive(Debug, Args)]
pub(crate) struct InitArguments {
    /// The file, or `-` for the standard output [default: ./system-health.toml]
    pub(crate) file: Option<PathBuf>,
    /// Overwrite the file if it exists
    #[arg(long)]
    pub(crate) force: bool,
    /// Print the settings instead of writing a file
    #[arg(long, conflicts_with_all = ["file", "force"])]
    pub(crate) stdout: bool,
}
