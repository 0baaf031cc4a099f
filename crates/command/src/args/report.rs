//! The command line as a whole: `report` and its commands.

use clap::{ArgMatches, Parser, Subcommand};
use clap_complete::Shell;

use super::{
    CollectArguments, DoctorArguments, ExplainArguments, HistoryArguments, ListArguments, OutputArguments,
    explain,
};

/// Collect every linked metric, print the values, and deliver them.
///
/// Without a command, `report` collects all metrics and prints a table on a terminal, JSON into a pipe.
#[derive(Debug, Parser)]
#[command(name = "report", after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) collect: CollectArguments,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
}

const AFTER_HELP: &str = "\
Environment:
  GITHUB_TOKEN, SYSTEM_HEALTH_REPOSITORY  access to GitHub, and the repository
  DD_ENV, DD_SERVICE, DD_TAGS             tags of all values
  docs/settings.md lists all variables, those of each sink included. Each token or key can also be read from a file, named
  by the variable with _FILE behind its name, or from AWS Secrets Manager.

Exit status:
  0  success
  1  a metric failed, or had no data under --fail-on no-data; the others were still delivered.
     Of other commands: a comparison found a difference, or a check failed
  2  wrong usage or settings
  3  a delivery failed
  4  a goal is missed, under --fail-on goal
  5  the data could not be written to stdout
  130, 143  ended by Ctrl-C, by SIGTERM
If several apply, 3 takes precedence over 1, 1 over 4, and 4 over 5.";

/// The position of the last command in the help, behind those of linked crates.
const LAST: usize = 900;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the linked metrics and where each is registered; needs no network and no credentials
    List(ListArguments),
    /// Show which items a metric counted, which it did not, and why
    #[command(after_help = explain::AFTER_HELP)]
    Explain(ExplainArguments),
    /// Show the values of earlier runs, from the state folder
    History(HistoryArguments),
    /// Find out why a run does not work: settings, credentials, services, sinks, state folder and clock
    Doctor(DoctorArguments),
    /// Print a completion script for a shell
    #[command(display_order = LAST)]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// A command of a linked crate.
    #[command(skip)]
    Linked { name: String, matches: ArgMatches },
}
