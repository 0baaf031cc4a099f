//! Commands with the same name for several systems, such as a dashboard for Datadog and one for Grafana. Each may come from a
//! different crate, so a program has only the commands of the crates that it links. On the command line, they are one command
//! with the argument `--for`.

use anyhow::bail;
use clap::{Arg, ArgMatches, builder::PossibleValue, parser::ValueSource};

use crate::{CommandType, Format};

/// The argument that selects the target.
const FOR: &str = "for";

/// The system that a command is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// The value of `--for`, such as `grafana`.
    pub name: &'static str,
    /// What the command makes for this system, for the help.
    pub summary: &'static str,
    /// Whether the command is for this system if there is no `--for`. If no linked target is the
    /// default, the first one by name is used.
    pub is_default: bool,
}

/// The commands with one name, each for a different target. The default comes first.
#[derive(Debug, Clone)]
pub(crate) struct TargetedCommand {
    first: CommandType,
    others: Vec<CommandType>,
}

impl TargetedCommand {
    pub(crate) fn new(command: CommandType) -> Self {
        Self { first: command, others: Vec::new() }
    }

    /// Adds a command for another target. Returns false if there is already a command for this target, or if a
    /// command has no target.
    pub(crate) fn add(&mut self, mut command: CommandType) -> bool {
        let Some(target) = command.target else { return false };
        if self.commands().any(|known| known.target.is_none_or(|other| other.name == target.name)) {
            return false;
        }
        let position = |command: &CommandType| command.target.map(|target| (!target.is_default, target.name));
        if position(&command) < position(&self.first) {
            std::mem::swap(&mut command, &mut self.first);
        }
        self.others.push(command);
        self.others.sort_by_key(position);
        true
    }

    /// The command line with the arguments of all targets, and the subcommands and formats of the default target. An argument
    /// that several targets have must mean the same for each.
    pub(crate) fn command_line(&self) -> (clap::Command, &'static [Format]) {
        let mut line = (self.first.command)();
        let Some(default) = self.first.target else { return (line, self.first.formats) };
        let values: Vec<PossibleValue> =
            self.commands().filter_map(|command| self.possible_value(command)).collect();
        line = line.arg(
            Arg::new(FOR)
                .long(FOR)
                .value_name("SYSTEM")
                .value_parser(values)
                .default_value(default.name)
                .help("System that the command is for"),
        );
        for command in &self.others {
            let known: Vec<_> = line.get_arguments().map(|argument| argument.get_id().clone()).collect();
            let other = (command.command)();
            let missing = other.get_arguments().filter(|argument| !known.contains(argument.get_id()));
            line = line.args(missing.cloned());
        }
        (line, self.first.formats)
    }

    /// A target other than the default whose command has subcommands. Only those of the default target are on the command line.
    pub(crate) fn other_target_with_subcommands(&self) -> Option<Target> {
        self.others.iter().find(|other| (other.command)().has_subcommands())?.target
    }

    /// The value of `--for` that selects a command. `--format` lists the formats of the default target, so the help of another target
    /// says if its formats differ.
    fn possible_value(&self, command: &CommandType) -> Option<PossibleValue> {
        let target = command.target?;
        let names: Vec<&str> = command.formats.iter().map(|format| format.name()).collect();
        let difference = match &*names {
            _ if command.formats == self.first.formats => String::new(),
            [] => "; without --format".to_owned(),
            names => format!("; --format: {}", names.join(", ")),
        };
        Some(PossibleValue::new(target.name).help(format!("{}{difference}", target.summary)))
    }

    /// The command for the target that the arguments select. Refuses arguments of another target.
    pub(crate) fn select(&self, matches: &ArgMatches) -> anyhow::Result<CommandType> {
        let name = match matches.try_get_one::<String>(FOR) {
            Ok(Some(name)) => name.as_str(),
            _ => return Ok(self.first),
        };
        let is_selected = |command: &&CommandType| command.target.is_some_and(|target| target.name == name);
        let selected = self.commands().find(is_selected).copied().unwrap_or(self.first);
        let own = (selected.command)();
        let is_own = |argument: &Arg| own.get_arguments().any(|known| known.get_id() == argument.get_id());
        for other in self.commands() {
            let line = (other.command)();
            let is_given = |argument: &&Arg| {
                matches.value_source(argument.get_id().as_str()) == Some(ValueSource::CommandLine)
            };
            if let Some(argument) = line.get_arguments().filter(is_given).find(|argument| !is_own(argument)) {
                let target = other
                    .target
                    .map_or_else(String::new, |target| format!("; it needs `--for {}`", target.name));
                bail!("`--{}` is not for {name}{target}", argument.get_long().unwrap_or_default());
            }
        }
        Ok(selected)
    }

    fn commands(&self) -> impl Iterator<Item = &CommandType> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ExitStatus;

    const BOARD_A: CommandType = CommandType {
        command: || clap::Command::new("board").arg(Arg::new("title").long("title")),
        target: Some(Target { name: "a", summary: "for A", is_default: false }),
        formats: &[Format::Json],
        run: |_, _| Ok(ExitStatus::Done),
    };
    const BOARD_B: CommandType = CommandType {
        command: || {
            let push = clap::Command::new("push");
            clap::Command::new("board").subcommand(push).args_conflicts_with_subcommands(true)
        },
        target: Some(Target { name: "b", summary: "for B", is_default: true }),
        ..BOARD_A
    };

    fn two_targets() -> TargetedCommand {
        let mut command = TargetedCommand::new(BOARD_A);
        assert!(command.add(BOARD_B));
        command
    }

    fn selected(arguments: &str) -> Result<&'static str, String> {
        let command = two_targets();
        let matches = command.command_line().0.try_get_matches_from(arguments.split(' '));
        let selected = command.select(&matches.map_err(|error| error.to_string())?);
        Ok(selected.map_err(|error| error.to_string())?.target.unwrap().name)
    }

    #[test]
    fn the_argument_selects_the_target() {
        assert_eq!(selected("board").unwrap(), "b");
        assert_eq!(selected("board push").unwrap(), "b");
        assert_eq!(selected("board --for a --title x").unwrap(), "a");
        assert_eq!(TargetedCommand::new(BOARD_A).command_line().0.get_arguments().count(), 2);
    }

    #[test]
    fn an_argument_of_another_target_is_refused() {
        assert_eq!(selected("board --title x").unwrap_err(), "`--title` is not for b; it needs `--for a`");
        assert!(selected("board --for a push").unwrap_err().contains("cannot be used with"));
        assert!(selected("board --for c").unwrap_err().contains("[possible values: b, a]"));
    }

    #[test]
    fn the_help_shows_formats_that_differ_from_those_of_the_default() {
        let mut command = two_targets();
        let others: [(&str, &str, &[Format]); 2] =
            [("c", "for C", &[]), ("d", "for D", &[Format::Table, Format::Csv])];
        for (name, summary, formats) in others {
            let target = Some(Target { name, summary, is_default: false });
            assert!(command.add(CommandType { target, formats, ..BOARD_A }));
        }

        let help = command.command_line().0.render_long_help().to_string();

        let values: Vec<&str> = help.lines().filter_map(|line| line.trim().strip_prefix("- ")).collect();
        let expected =
            ["b: for B", "a: for A", "c: for C; without --format", "d: for D; --format: table, csv"];
        assert_eq!(values, expected, "{help}");
    }

    #[test]
    fn a_target_has_one_command() {
        let mut command = two_targets();
        assert!(!command.add(BOARD_A));
        assert!(!command.add(CommandType { target: None, ..BOARD_B }));
        assert!(!TargetedCommand::new(CommandType { target: None, ..BOARD_B }).add(BOARD_A));
    }
}
