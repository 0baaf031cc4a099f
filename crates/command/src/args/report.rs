//! The command line as a whole: `report` and its commands.

use clap::{ArgMatches, Parser, Subcommand};
use clap_complete::Shell;

use super::{
    CollectArguments, DoctorArguments, ExplainArguments, HistoryArguments, InitArguments, ListArguments,
    OutputArguments, explain,
};
use crate::exit;

/// Collect all enabled metrics, print the values, and deliver them.
///
/// Without a command, `report` collects all enabled metrics and prints a table on a terminal, JSON into a pipe.
#[derive(Debug, Parser)]
#[command(name = "report", after_help = after_help())]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) collect: CollectArguments,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
}

const ENVIRONMENT: &str = "\
Environment:
  GITHUB_TOKEN, SYSTEM_HEALTH_REPOSITORY  access to GitHub, and the repository
  DD_ENV, DD_SERVICE, DD_TAGS             tags of all values
  docs/settings.md lists all variables, including those of each sink. A token or key can also be read from AWS Secrets
  Manager, or from a file: append _FILE to the name of its variable, and set that to the path of the file.";

fn after_help() -> String {
    format!("{ENVIRONMENT}\n\n{}", exit::help())
}

/// The position of the last command in the help, after those of linked crates.
const LAST: usize = 900;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the linked metrics and where each is registered; needs no network and no credentials
    List(ListArguments),
    /// Show which items a metric counted, which it did not, and why
    #[command(after_help = explain::after_help())]
    Explain(ExplainArguments),
    /// Write a settings file for this folder, with the values that can be detected
    Init(InitArguments),
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
