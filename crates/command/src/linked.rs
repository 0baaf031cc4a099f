//! Commands that linked crates add to `report`, such as one that manages dashboards of a sink.

use std::collections::BTreeMap;

use anyhow::Context as _;
use clap::ArgMatches;

use crate::{
    CommandContext, ExitStatus, Format,
    target::{Target, TargetedCommand},
};

/// A command that a linked crate adds to `report`. Register one with [`register_command!`](crate::register_command).
#[derive(Debug, Clone, Copy)]
pub struct CommandType {
    /// Defines the command line: the command's name, help and arguments.
    pub command: fn() -> clap::Command,
    /// The system that the command is for, if commands of the same name for other systems can be linked, too. The argument
    /// `--for` selects one of them. Without a target, no other command may have the name.
    pub target: Option<Target>,
    /// The formats that the command supports. Another format is refused before the command runs. Empty for a command that prints
    /// something else, such as YAML: it has no `--format`.
    pub formats: &'static [Format],
    /// Runs the command and returns the exit status. An error is logged, and the exit status is 2, or 5 if stdout cannot be
    /// written.
    pub run: fn(&ArgMatches, &CommandContext<'_>) -> anyhow::Result<ExitStatus>,
}

inventory::collect!(CommandType);

/// Why commands with the same name cannot be linked into one program.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DuplicateCommand {
    #[error("a linked crate adds the command `{0}`, which already exists; rename the added command")]
    BuiltIn(String),
    #[error("two linked crates add the command `{0}`; rename one of them, or link only one of the crates")]
    Linked(String),
    #[error(
        "the command `{name}` for {target} has subcommands, but only the command for the default target can have any; rename \
         it, or make {target} the default target"
    )]
    Subcommands { name: String, target: &'static str },
}

/// The commands of linked crates by name. Commands with the same name have different targets.
#[derive(Debug, Clone, Default)]
pub(crate) struct LinkedCommands(BTreeMap<String, TargetedCommand>);

impl CommandType {
    /// The commands that are linked into this program.
    pub(crate) fn linked() -> Vec<Self> {
        inventory::iter::<Self>.into_iter().copied().collect()
    }
}

impl LinkedCommands {
    /// Fails if the program cannot have all these commands. Each variant of [`DuplicateCommand`] is a reason.
    pub(crate) fn new(
        commands: impl IntoIterator<Item = CommandType>,
        is_built_in: impl Fn(&str) -> bool,
    ) -> Result<Self, DuplicateCommand> {
        let mut by_name = BTreeMap::<String, TargetedCommand>::new();
        for command in commands {
            let name = (command.command)().get_name().to_owned();
            if is_built_in(&name) {
                return Err(DuplicateCommand::BuiltIn(name));
            }
            match by_name.get_mut(&name) {
                None => drop(by_name.insert(name, TargetedCommand::new(command))),
                Some(others) => {
                    if !others.add(command) {
                        return Err(DuplicateCommand::Linked(name));
                    }
                }
            }
        }
        for (name, command) in &by_name {
            if let Some(target) = command.other_target_with_subcommands() {
                return Err(DuplicateCommand::Subcommands { name: name.clone(), target: target.name });
            }
        }
        Ok(Self(by_name))
    }

    /// The command of this name for the target that the arguments select.
    pub(crate) fn select(&self, name: &str, matches: &ArgMatches) -> anyhow::Result<CommandType> {
        self.0.get(name).context("the command is not linked")?.select(matches)
    }

    /// The command lines of all commands with the formats that they support, sorted by name.
    pub(crate) fn command_lines(&self) -> impl Iterator<Item = (clap::Command, &'static [Format])> {
        self.0.values().map(TargetedCommand::command_line)
    }
}

/// Registers a [`CommandType`] when the program is linked, as `register_sink!` does for a sink.
///
/// ```
/// use system_health_command::{CommandContext, CommandType, ExitStatus, Format, clap, register_command};
///
/// fn run(_arguments: &clap::ArgMatches, context: &CommandContext<'_>) -> anyhow::Result<ExitStatus> {
///     let keys: Vec<&str> = context.linked_catalog().metrics().iter().map(|metric| metric.key()).collect();
///     context.stdout().print(keys.join("\n"), &keys)?;
///     Ok(ExitStatus::Done)
/// }
///
/// register_command!(CommandType {
///     command: || clap::Command::new("keys").about("Print the keys of the linked metrics"),
///     target: None,
///     formats: &[Format::Table, Format::Json],
///     run,
/// });
/// ```
#[macro_export]
macro_rules! register_command {
    ($command:expr $(,)?) => {
        $crate::__private::inventory::submit! { $command }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEPLOYS: CommandType = CommandType {
        command: || clap::Command::new("deploys"),
        target: None,
        formats: &[Format::Json],
        run: |_, _| Ok(ExitStatus::Done),
    };

    #[test]
    fn duplicate_names_are_refused() {
        let same = LinkedCommands::new([DEPLOYS, DEPLOYS], |_| false).unwrap_err();
        let built_in = LinkedCommands::new([DEPLOYS], |name| name == "deploys").unwrap_err();

        assert!(same.to_string().starts_with("two linked crates add the command `deploys`;"), "{same}");
        assert!(
            built_in
                .to_string()
                .starts_with("a linked crate adds the command `deploys`, which already exists"),
            "{built_in}"
        );
        let for_target = |name, is_default| CommandType {
            command: || clap::Command::new("deploys").subcommand(clap::Command::new("push")),
            target: Some(Target { name, summary: "", is_default }),
            ..DEPLOYS
        };
        let subcommands = LinkedCommands::new([for_target("a", false), for_target("b", true)], |_| false);
        let message = subcommands.unwrap_err().to_string();
        assert!(message.starts_with("the command `deploys` for a has subcommands,"), "{message}");
        let matches = clap::Command::new("deploys").get_matches_from(["deploys"]);
        assert!(LinkedCommands::new([DEPLOYS], |_| false).unwrap().select("deploys", &matches).is_ok());
    }
}
