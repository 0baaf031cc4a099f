//! The flags of linked crates. Each flag sets a key in the settings.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use system_health_registry::{
    Extension, SettingFlag, linked_extensions,
    settings::{Origin, SettingsBuilder},
};

/// The values of the flags that are given.
#[derive(Debug, Clone, Default)]
pub(crate) struct SettingFlagArguments(Vec<(SettingFlag, Vec<String>)>);

impl SettingFlagArguments {
    /// Sets the keys of the flags that are given.
    pub(crate) fn apply(&self, builder: SettingsBuilder) -> SettingsBuilder {
        self.0.iter().fold(builder, |builder, (flag, values)| {
            let origin = Origin::Flag(flag.flag);
            match (&values[..], flag.list_key) {
                ([.., last], None) => builder.set(flag.table, flag.key, last.as_str(), origin),
                ([only], Some(_)) => builder.set(flag.table, flag.key, only.as_str(), origin),
                (several, Some(list_key)) => builder.set(flag.table, list_key, several.to_vec(), origin),
                ([], None) => builder,
            }
        })
    }
}

/// The name of the argument of a flag: without the dashes.
fn name(flag: &SettingFlag) -> &'static str {
    flag.flag.trim_start_matches('-')
}

fn argument(flag: &SettingFlag) -> Arg {
    let argument = Arg::new(name(flag)).long(name(flag)).value_name(flag.value_name).help(flag.help);
    match flag.list_key {
        Some(_) => argument.action(ArgAction::Append).value_delimiter(','),
        None => argument,
    }
}

impl FromArgMatches for SettingFlagArguments {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = linked_extensions().flat_map(Extension::flags).filter_map(|flag| {
            let values = matches.try_get_many::<String>(name(flag)).ok()??;
            Some((*flag, values.cloned().collect()))
        });
        Ok(Self(given.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for SettingFlagArguments {
    fn augment_args(command: Command) -> Command {
        command.args(linked_extensions().flat_map(Extension::flags).map(argument))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
