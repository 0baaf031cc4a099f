//! Reads the command line of a program: the arguments of `report`, with the names of the program's sinks as values of
//! `--to`, and the commands of linked crates.

use std::ffi::OsString;

use clap::{
    Args, CommandFactory, FromArgMatches, Subcommand,
    builder::{PossibleValue, StyledStr},
    error::{ContextKind, ContextValue, ErrorKind},
    parser::ValueSource,
};
use system_health_registry::SinkType;

use super::{Arguments, CollectArguments, Command, Format, secrets::without_secrets};

/// The position of linked commands in the help: after the built-in ones except `completions`, sorted by name.
const LINKED_COMMANDS_POSITION: usize = 800;

/// The name of the argument `--format`.
const FORMAT: &str = "format";

/// The name of the argument `--to`. Only commands that deliver have this argument.
const TO: &str = "to";

/// The command line of a program. The names of linked commands must be unique and differ from the built-in ones. Each
/// command offers only the formats that it supports.
pub(crate) fn command_line(
    name: &str,
    version: &str,
    sinks: &[SinkType],
    linked: impl IntoIterator<Item = (clap::Command, &'static [Format])>,
) -> clap::Command {
    let sink = |sink: &SinkType| PossibleValue::new(sink.name).help(sink.summary);
    let sinks: Vec<PossibleValue> = sinks.iter().map(sink).collect();
    let with_sinks = |to: clap::Arg| if sinks.is_empty() { to } else { to.value_parser(sinks.clone()) };
    let command = Arguments::command()
        .name(name.to_owned())
        .bin_name(name.to_owned())
        .version(version.to_owned())
        .mut_arg(TO, |to| with_sinks(to).requires("delivery"));
    let format = command.get_arguments().find(|argument| argument.get_id() == FORMAT).cloned();
    let with_format = |command: clap::Command, formats: &[Format]| {
        command.args(format.clone().map(|format| Format::argument(formats, format)))
    };
    let linked = linked.into_iter().map(|(command, formats)| {
        let delivers = command.get_arguments().any(|argument| argument.get_id() == TO);
        let command = if delivers { command.mut_arg(TO, with_sinks) } else { command };
        with_format(command, formats).display_order(LINKED_COMMANDS_POSITION)
    });
    command
        .mut_subcommands(|command| {
            let formats = Format::of_command(command.get_name());
            with_format(command, formats)
        })
        .mut_arg(FORMAT, |format| Format::argument(Format::OF_RUN, format))
        .subcommands(linked)
}

impl Arguments {
    /// Reads command-line arguments. Flags for output may come before or after a command. Flags for a run cannot
    /// come before a command.
    pub(crate) fn read(command_line: clap::Command, arguments: &[OsString]) -> Result<Self, clap::Error> {
        let read = Self::parse_with(command_line, arguments);
        read.map_err(|error| without_secrets(with_hint(error), arguments))
    }

    fn parse_with(mut command_line: clap::Command, arguments: &[OsString]) -> Result<Self, clap::Error> {
        let mut matches = command_line.try_get_matches_from_mut(arguments)?;
        let Some(name) = matches.subcommand_name() else { return Self::from_arg_matches(&matches) };
        let run_flags = CollectArguments::augment_args(clap::Command::new("report"));
        let is_given = |argument: &&clap::Arg| {
            matches.value_source(argument.get_id().as_str()) == Some(ValueSource::CommandLine)
        };
        if let Some(flag) = run_flags.get_arguments().find(is_given).and_then(clap::Arg::get_long) {
            let message = match command_with(flag, &command_line, &matches) {
                Some(command) => {
                    format!("'--{flag}' must come after the command; write `{command} --{flag} ...`")
                }
                None => format!("the command '{name}' cannot be used with '--{flag}'"),
            };
            return Err(command_line.error(ErrorKind::ArgumentConflict, message));
        }
        if Command::has_subcommand(name) {
            let arguments = Self::from_arg_matches(&matches)?;
            if arguments.output.format.is_some() && Format::of_command(name).is_empty() {
                let message = format!("the command '{name}' cannot be used with '--format'");
                return Err(command_line.error(ErrorKind::ArgumentConflict, message));
            }
            return Ok(arguments);
        }
        let linked = matches.remove_subcommand().map(|(name, matches)| Command::Linked { name, matches });
        Ok(Self { command: linked, ..Self::from_arg_matches(&matches)? })
    }
}

/// The command that was given, such as `report dashboard push`, if it has this flag.
fn command_with(flag: &str, command_line: &clap::Command, matches: &clap::ArgMatches) -> Option<String> {
    let (mut command, mut matches) = (command_line, matches);
    let mut words = vec![command.get_name()];
    while let Some((name, inner)) = matches.subcommand() {
        (command, matches) = (command.find_subcommand(name)?, inner);
        words.push(name);
    }
    command.get_arguments().any(|argument| argument.get_long() == Some(flag)).then(|| words.join(" "))
}

/// Adds a hint to the error about an unknown command: this program may have been built without the command.
fn with_hint(mut error: clap::Error) -> clap::Error {
    if error.kind() == ErrorKind::InvalidSubcommand {
        let hint =
            "some commands are available only if the program was built with the feature that adds them";
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(hint)]));
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linked() -> (clap::Command, &'static [Format]) {
        let last = clap::Arg::new("last").long("last");
        let stop = clap::Command::new("stop");
        (clap::Command::new("deploys").about("Show deploys").arg(last).subcommand(stop), &[Format::Json])
    }

    fn read(line: &str) -> Result<Arguments, clap::Error> {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        Arguments::read(command_line("report", "1.0", &[], [linked()]), &words)
    }

    #[test]
    fn output_flags_may_come_before_or_after_a_command() {
        for line in [
            "report --format json -q list",
            "report list --format json -q",
            "report --format json deploys -q",
        ] {
            let arguments = read(line).unwrap();
            assert_eq!(arguments.output.format, Some(Format::Json), "{line}");
            assert!(arguments.output.quiet, "{line}");
        }
    }

    #[test]
    fn a_flag_of_a_run_is_refused_with_a_command_that_does_not_have_it() {
        for line in ["report --push list", "report --deadline 5s list", "report --push deploys"] {
            assert_eq!(read(line).unwrap_err().kind(), ErrorKind::ArgumentConflict, "{line}");
        }
        assert!(read("report list --push").is_err());
    }

    #[test]
    fn a_flag_before_its_command_is_refused_with_the_right_order() {
        let refused = read("report --config s.toml list").unwrap_err().to_string();

        assert!(
            refused.contains("'--config' must come after the command; write `report list --config ...`"),
            "{refused}"
        );
    }

    #[test]
    fn each_command_offers_only_the_formats_that_it_supports() {
        for (line, formats) in [
            ("report -h", "table, json, markdown"),
            ("report list -h", "table, json, markdown"),
            ("report explain -h", "table, json, markdown"),
            ("report doctor -h", "table, json"),
            ("report history -h", "table, json, csv"),
            ("report deploys -h", "json"),
            ("report deploys stop -h", "json"),
        ] {
            let help = read(line).unwrap_err().to_string();
            let offered = help.split_once("--format <FORMAT>").expect(&help).1;
            let offered = offered.split_once("[possible values: ").expect(&help).1;
            assert_eq!(offered.split_once(']').unwrap().0, formats, "{line}");
        }
    }

    #[test]
    fn a_command_without_formats_hides_and_refuses_the_format_flag() {
        for command in ["init", "completions"] {
            let help = read(&format!("report {command} --help")).unwrap_err().to_string();
            assert!(!help.contains("--format"), "{help}");
        }
        for line in ["report init --format json", "report --format json completions bash"] {
            assert_eq!(read(line).unwrap_err().kind(), ErrorKind::ArgumentConflict, "{line}");
        }
    }

    #[test]
    fn a_linked_command_receives_its_arguments() {
        let arguments = read("report deploys --last 7").unwrap();

        let Some(Command::Linked { name, matches }) = arguments.command else { panic!("{arguments:?}") };
        assert_eq!(name, "deploys");
        assert_eq!(matches.get_one::<String>("last").unwrap(), "7");
    }

    #[test]
    fn the_help_lists_linked_commands_after_built_in_ones_except_completions() {
        let help = read("report -h").unwrap_err().to_string();

        let position = |text: &str| help.find(text).unwrap_or_else(|| panic!("no {text:?} in\n{help}"));
        assert!(position("  doctor") < position("  deploys"), "{help}");
        assert!(position("  deploys      Show deploys") < position("  completions"), "{help}");
    }

    #[test]
    fn an_unknown_command_has_a_hint_and_the_similar_command() {
        let hint = "tip: some commands are available only if";

        let dissimilar = read("report rollback").unwrap_err().to_string();
        let similar = read("report deplos").unwrap_err().to_string();

        assert!(dissimilar.contains("unrecognized subcommand 'rollback'"), "{dissimilar}");
        assert!(dissimilar.contains(hint), "{dissimilar}");
        assert!(similar.contains("'deploys'") && similar.contains(hint), "{similar}");
    }

    #[test]
    fn the_command_line_is_consistent() {
        command_line("report", "1.0", &[], [linked()]).debug_assert();
    }
}
