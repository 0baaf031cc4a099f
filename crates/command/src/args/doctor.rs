//! The arguments of `report doctor`.

use clap::Args;

use super::{SettingFlagArguments, SettingSwitchArguments, SettingsArguments, StateArguments};

/// What to check.
#[derive(Debug, Args)]
pub(crate) struct DoctorArguments {
    #[command(flatten)]
    pub(crate) flags: SettingFlagArguments,
    #[command(flatten)]
    pub(crate) switches: SettingSwitchArguments,
    #[command(flatten)]
    pub(crate) state: StateArguments,
    #[command(flatten)]
    pub(crate) settings: SettingsArguments,
}
