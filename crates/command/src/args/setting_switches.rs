//! The flags without a value that linked crates add. Each flag sets keys in the settings. The values of these keys are looked
//! up when the flag is given.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use system_health_registry::{
    Extension, SettingAssignment, SettingSwitch, Settings, linked_extensions,
    settings::{Origin, SettingsBuilder, SettingsError},
};

/// The flags that are given.
#[derive(Debug, Clone, Default)]
pub(crate) struct SettingSwitchArguments(Vec<SettingSwitch>);

impl SettingSwitchArguments {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets the keys of the flags. Their values may depend on all other settings.
    pub(crate) fn apply(
        &self,
        settings: &Settings,
        mut builder: SettingsBuilder,
    ) -> Result<SettingsBuilder, SettingsError> {
        for switch in &self.0 {
            let assignments = (switch.settings)(settings)
                .map_err(|reason| SettingsError::Flag { flag: switch.flag, reason })?;
            for SettingAssignment { table, key, value } in assignments {
                builder = builder.set(table, key, value, Origin::Flag(switch.flag));
            }
        }
        Ok(builder)
    }
}

/// The name of the argument of a flag: without the dashes.
fn name(switch: &SettingSwitch) -> &'static str {
    switch.flag.trim_start_matches('-')
}

fn argument(switch: &SettingSwitch) -> Arg {
    Arg::new(name(switch)).long(name(switch)).action(ArgAction::SetTrue).help(switch.help)
}

impl FromArgMatches for SettingSwitchArguments {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let is_given =
            |switch: &&SettingSwitch| matches!(matches.try_get_one::<bool>(name(switch)), Ok(Some(true)));
        Ok(Self(linked_extensions().flat_map(Extension::switches).filter(is_given).copied().collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for SettingSwitchArguments {
    fn augment_args(command: Command) -> Command {
        command.args(linked_extensions().flat_map(Extension::switches).map(argument))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
