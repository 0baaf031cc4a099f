//! The command line as a whole: `report` and its commands.

use clap::{ArgMatches, Parser, Subcommand};
use clap_complete::Shell;
use system_health_registry::{Extension, linked_extensions};

use super::{
    BackfillArguments, CollectArguments, DoctorArguments, ExplainArguments, HistoryArguments, InitArguments,
    ListArguments, OutputArguments, backfill, explain,
};
use crate::exit;

/// Collect metrics, print their values, and deliver them.
///
/// Without a command, all enabled metrics are collected. Their values are printed as a table on a terminal, and
/// otherwise as JSON.
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

fn after_help() -> String {
    let linked = linked_extensions().flat_map(Extension::variables).copied();
    let variables: Vec<(&str, &str)> =
        linked.chain([("DD_ENV, DD_SERVICE, DD_TAGS", "tags of all values")]).collect();
    let width = variables.iter().map(|(names, _)| names.len()).max().unwrap_or_default();
    let lines = variables.iter().map(|(names, purpose)| format!("  {names:width$}  {purpose}\n"));
    let environment: String = lines.collect();
    let exit = exit::help();
    format!(
        "Environment:\n{environment}  \
         A token or key can also be read from a file: append _FILE to the name of its variable.\n  \
         https://github.com/system-health/system-health/blob/main/docs/settings.md lists all variables.\n\n{exit}"
    )
}

/// The position of the last command in the help, after those of linked crates.
const LAST_POSITION: usize = 900;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the metrics and sources, and where each is registered; needs no network and no credentials
    List(ListArguments),
    /// Show which items a metric counted, which it did not, and why
    #[command(after_help = explain::after_help())]
    Explain(ExplainArguments),
    /// Write a settings file for this folder, with the values that can be detected
    Init(InitArguments),
    /// Show the values of earlier runs, from the state folder
    History(HistoryArguments),
    /// Compute the history of the metrics that can be computed for the past
    #[command(after_help = backfill::after_help())]
    Backfill(BackfillArguments),
    /// Find out why a run does not work: settings, credentials, services, sinks, state folder and clock
    Doctor(DoctorArguments),
    /// Print a completion script for a shell
    #[command(display_order = LAST_POSITION)]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// A command of a linked crate.
    #[command(skip)]
    Linked { name: String, matches: ArgMatches },
}
