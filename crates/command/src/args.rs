//! The command line. What a flag means is written here once, as its help text.

mod explain;
mod secrets;

use std::{ffi::OsString, path::PathBuf, time::Duration};

use clap::{
    ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum,
    builder::{OsStringValueParser, PossibleValue, TypedValueParser},
    error::ErrorKind,
    parser::ValueSource,
};
use clap_complete::Shell;
use globset::Glob;
use system_health_registry::{SinkType, parse_duration};

use crate::program::Program;
pub(crate) use explain::ExplainArguments;
use secrets::without_secrets;

/// Run every linked metric at once, print the values, and deliver them.
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
Environment, among others (docs/settings.md lists all):
  GITHUB_TOKEN, SYSTEM_HEALTH_REPOSITORY            the right to read GitHub, and which repository
  DD_API_KEY, DD_SITE, DD_ENV, DD_SERVICE, DD_TAGS  where to deliver, and with which tags
  Tokens and keys also as ..._FILE with a path, and from AWS Secrets Manager.

Exit status:
  0  done
  1  a metric failed, or had no data under --fail-on no-data; the others were still delivered;
     a diff shows a difference, a push would undo changes made in Datadog, verify finds no data
  2  wrong usage or settings
  3  a delivery failed
  4  a goal is missed, under --fail-on goal
  5  the data could not be written to stdout
  130, 143  ended by Ctrl-C, by SIGTERM
If several hold, 3 goes before 1, 1 before 4, and 4 before 5.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the linked metrics and where each is registered; needs no network and no credentials
    List(ListArguments),
    /// Show what is behind the values of metrics: which items counted, which did not, and why
    #[command(after_help = explain::AFTER_HELP)]
    Explain(ExplainArguments),
    /// Show the values of earlier runs, from the state folder
    History(HistoryArguments),
    /// Find out why it does not work: settings, GitHub, AWS, Datadog, the state folder and the clock
    Doctor(DoctorArguments),
    #[command(flatten)]
    Manage(Manage),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// What Datadog should have beside the points, all made from the linked metrics.
#[derive(Debug, Subcommand)]
pub(crate) enum Manage {
    /// The Datadog dashboard of the linked metrics, or one from a file: print it, push it, compare it
    Dashboard(DashboardArguments),
    /// The Datadog monitors of the linked metrics' goals and of the reporter: print, push, compare them
    Monitors(MonitorsArguments),
    /// What Datadog should know of each linked metric: description, unit and type
    Metadata(MetadataArguments),
    /// Check that delivered points can be queried, and that every managed dashboard and monitor finds data
    Verify(VerifyArguments),
}

/// Which dashboard, and what to do with it. Without an action it is printed as JSON.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct DashboardArguments {
    #[command(subcommand)]
    pub(crate) action: Option<DashboardAction>,
    #[command(flatten)]
    pub(crate) title: TitleArguments,
}

/// The title of the linked metrics' dashboard.
#[derive(Debug, Args)]
pub(crate) struct TitleArguments {
    /// The title of the linked metrics' dashboard
    #[arg(long, default_value = "System health")]
    pub(crate) title: String,
}

/// What to do with dashboards in Datadog. Needs an API key and an application key.
#[derive(Debug, Subcommand)]
pub(crate) enum DashboardAction {
    /// Create the dashboard, or update the one that an earlier push has made
    Push {
        #[command(flatten)]
        source: DashboardSource,
        /// Overwrite also what was changed in Datadog, or not made by a push
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        kept: KeptArguments,
    },
    /// Show what a push would change; the exit status is 1 if it would change anything
    Diff {
        #[command(flatten)]
        source: DashboardSource,
        #[command(flatten)]
        kept: KeptArguments,
    },
    /// Print a dashboard of Datadog's as JSON, which may be edited and pushed
    Pull {
        /// Its id, such as abc-def-ghi, or its title
        dashboard: String,
        #[command(flatten)]
        settings: SettingsArguments,
    },
    /// List the dashboards that a push has made
    List {
        #[command(flatten)]
        settings: SettingsArguments,
    },
    /// Delete a dashboard that a push has made
    Delete {
        /// Its id, such as abc-def-ghi, or its title
        dashboard: String,
        #[command(flatten)]
        yes: YesArguments,
        #[command(flatten)]
        kept: KeptArguments,
    },
}

/// Where a dashboard comes from.
#[derive(Debug, Args)]
pub(crate) struct DashboardSource {
    /// A file with a dashboard as JSON, or - for stdin [default: the dashboard of the linked metrics]
    #[arg(conflicts_with = "title")]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) title: TitleArguments,
}

/// Where settings are, and the ids of pushed dashboards.
#[derive(Debug, Args)]
pub(crate) struct KeptArguments {
    #[command(flatten)]
    pub(crate) state: StateArguments,
    #[command(flatten)]
    pub(crate) settings: SettingsArguments,
}

/// The answer to a question before it is asked.
#[derive(Debug, Args)]
pub(crate) struct YesArguments {
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// What to do with the monitors. Without an action they are printed as JSON.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct MonitorsArguments {
    #[command(subcommand)]
    pub(crate) action: Option<MonitorsAction>,
    #[command(flatten)]
    pub(crate) settings: SettingsArguments,
}

/// What to do with monitors in Datadog. Needs an API key and an application key. Only monitors with the tag
/// `managed_by:system-health` and the `env:` and `service:` of the settings are ever touched.
#[derive(Debug, Subcommand)]
pub(crate) enum MonitorsAction {
    /// Create and update the monitors
    Push {
        /// Overwrite also what was changed in Datadog
        #[arg(long)]
        force: bool,
        /// Delete managed monitors of metrics that are not linked any more
        #[arg(long)]
        prune: bool,
        #[command(flatten)]
        settings: SettingsArguments,
    },
    /// Show what a push would change; the exit status is 1 if it would change anything
    Diff {
        #[command(flatten)]
        settings: SettingsArguments,
    },
    /// Delete managed monitors
    Delete {
        /// Only those of these metrics [default: all]
        keys: Vec<String>,
        #[command(flatten)]
        yes: YesArguments,
        #[command(flatten)]
        settings: SettingsArguments,
    },
}

/// What to do with the metadata.
#[derive(Debug, Args)]
pub(crate) struct MetadataArguments {
    /// Tell Datadog, where it does not know it yet; needs an application key
    #[arg(long)]
    pub(crate) push: bool,
    #[command(flatten)]
    pub(crate) settings: SettingsArguments,
}

/// How long to look, and how far back.
#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    /// How long to wait until a delivered point can be queried
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "2m")]
    pub(crate) timeout: Duration,
    /// How far back queries have to find data [default: two runs by `every` in [monitors], and at least 1h]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) since: Option<Duration>,
    #[command(flatten)]
    pub(crate) settings: SettingsArguments,
}

/// What to collect, and what to do with it.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct CollectArguments {
    /// Deliver the values
    #[arg(long, group = "delivery", conflicts_with = "dry_run")]
    pub(crate) push: bool,
    /// Show exactly what --push would deliver, and deliver nothing
    #[arg(long, group = "delivery")]
    pub(crate) dry_run: bool,
    /// Where to deliver to; may be repeated, or separated by commas [default: from the settings, or the only sink that
    /// they configure]
    #[arg(long, value_name = "SINK", value_delimiter = ',', requires = "delivery")]
    pub(crate) to: Vec<String>,
    /// Collect only metrics whose key matches the glob, such as 'commits.*'; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub(crate) only: Vec<Glob>,
    /// Leave out metrics whose key matches the glob; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub(crate) skip: Vec<Glob>,
    #[command(flatten)]
    pub(crate) repository: RepositoryArguments,
    #[command(flatten)]
    pub(crate) state: StateArguments,
    #[command(flatten)]
    pub(crate) settings: SettingsArguments,
    /// How long the whole run may take, delivery included [default: from the settings, or 5m]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) deadline: Option<Duration>,
    /// Put the run's points on the start of its schedule slot, such as 15m, so that a repeated run of
    /// the slot overwrites instead of adding [at most 30m; default: from the settings, or when the run started]
    #[arg(long, value_name = "SLOT", value_parser = parse_duration)]
    pub(crate) align: Option<Duration>,
    /// Deliver no metrics about the reporter itself
    #[arg(long)]
    pub(crate) no_self_metrics: bool,
    /// Send no events: none for goals that are missed or met again, none that collectors attach
    #[arg(long)]
    pub(crate) no_events: bool,
    /// What makes the exit status other than 0 [default: from the settings, or error]
    #[arg(long, value_name = "WHAT")]
    pub(crate) fail_on: Option<FailOn>,
    /// Show no progress display
    #[arg(long)]
    pub(crate) no_progress: bool,
}

/// What the built-in metrics are about.
#[derive(Debug, Args)]
pub(crate) struct RepositoryArguments {
    /// The repository; may be repeated [default: from `SYSTEM_HEALTH_REPOSITORY`, the settings, `GITHUB_REPOSITORY`
    /// or the `origin` remote]
    #[arg(long, value_name = "OWNER/NAME")]
    pub(crate) repo: Vec<String>,
    /// The branch, of several repositories for those that have none of their own [default: from the settings, or the
    /// repository's default branch]
    #[arg(long, value_name = "BRANCH")]
    pub(crate) branch: Option<String>,
}

/// Where runs and undelivered points are kept.
#[derive(Debug, Args)]
pub(crate) struct FolderArguments {
    /// The folder that keeps runs, what was not delivered, the state of goals, and the ids of dashboards
    /// [default: from the settings, `SYSTEM_HEALTH_STATE_DIR` or the platform's state folder]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) state_dir: Option<PathBuf>,
}

/// Whether and where runs and undelivered points are kept.
#[derive(Debug, Args)]
pub(crate) struct StateArguments {
    #[command(flatten)]
    pub(crate) folder: FolderArguments,
    /// Keep nothing between runs: what cannot be delivered now is lost, and no events are sent
    #[arg(long, conflicts_with = "state_dir")]
    pub(crate) no_state: bool,
}

/// Where settings are read from.
#[derive(Debug, Args)]
pub(crate) struct SettingsArguments {
    /// The settings file [default: ./system-health.toml if there is one]
    #[arg(long, value_name = "FILE", env = "SYSTEM_HEALTH_CONFIG", hide_env_values = true,
          value_parser = OsStringValueParser::new().map(PathBuf::from))]
    pub(crate) config: Option<PathBuf>,
}

/// Where the metrics are remembered that only a run can know.
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    #[command(flatten)]
    pub(crate) folder: FolderArguments,
    #[command(flatten)]
    pub(crate) settings: SettingsArguments,
}

/// Which earlier runs to show.
#[derive(Debug, Args)]
pub(crate) struct HistoryArguments {
    /// Only this metric [default: all]
    pub(crate) key: Option<String>,
    /// How far back
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "7d")]
    pub(crate) since: Duration,
    /// Forget runs that are older than this, then show what is left
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) keep: Option<Duration>,
    #[command(flatten)]
    pub(crate) folder: FolderArguments,
    #[command(flatten)]
    pub(crate) settings: SettingsArguments,
}

/// What to look at.
#[derive(Debug, Args)]
pub(crate) struct DoctorArguments {
    #[command(flatten)]
    pub(crate) repository: RepositoryArguments,
    #[command(flatten)]
    pub(crate) state: StateArguments,
    #[command(flatten)]
    pub(crate) settings: SettingsArguments,
}

/// How to print.
#[derive(Debug, Args)]
pub(crate) struct OutputArguments {
    /// How to print data [default: table on a terminal, json into a pipe]
    #[arg(long, value_name = "FORMAT", global = true)]
    pub(crate) format: Option<Format>,
    /// When to use colour
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    pub(crate) color: Color,
    /// How to print messages on stderr
    #[arg(long, value_name = "FORMAT", default_value = "text", global = true)]
    pub(crate) log_format: LogFormat,
    /// Say more on stderr
    #[arg(short, long, action = ArgAction::Count, global = true, conflicts_with = "quiet")]
    pub(crate) verbose: u8,
    /// Say only warnings and errors on stderr
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
}

/// What makes the exit status other than 0. A failed delivery counts with each but `never`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Nothing that a metric or a delivery does
    Never,
    /// A failed delivery
    Delivery,
    /// A metric that failed, or a failed delivery
    Error,
    /// A metric that failed or had no data, or a failed delivery
    NoData,
    /// A goal that is missed, a metric that failed, or a failed delivery
    Goal,
}

impl From<system_health_reporter::FailOn> for FailOn {
    fn from(fail_on: system_health_reporter::FailOn) -> Self {
        use system_health_reporter::FailOn as Setting;

        match fail_on {
            Setting::Never => Self::Never,
            Setting::Delivery => Self::Delivery,
            Setting::Error => Self::Error,
            Setting::NoData => Self::NoData,
            Setting::Goal => Self::Goal,
        }
    }
}

/// How to print data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// For programs: one JSON document
    Json,
    /// For spreadsheets: `report history`
    Csv,
    /// For job summaries, pull requests and documentation: a run, `report explain` and `report list`
    Markdown,
}

impl Format {
    /// The word for it on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
        }
    }
}

/// How to print messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people
    Text,
    /// For programs: one JSON object a line
    Json,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl From<Color> for anstream::ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

impl Arguments {
    /// Reads command-line arguments. How to print may be said before a command and behind it, what to
    /// collect only where nothing but collecting is asked for.
    pub(crate) fn read(
        program: &Program,
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Result<Self, clap::Error> {
        let arguments: Vec<_> = arguments.into_iter().collect();
        Self::parsed(program, &arguments).map_err(|error| without_secrets(error, &arguments))
    }

    /// The command line of a program.
    pub(crate) fn of(program: &Program) -> clap::Command {
        let sink = |sink: &SinkType| PossibleValue::new(sink.name).help(sink.summary);
        let sinks: Vec<PossibleValue> = program.sinks.iter().map(sink).collect();
        Self::command()
            .name(program.name.clone())
            .bin_name(program.name.clone())
            .version(program.version.clone())
            .mut_arg("to", |to| if sinks.is_empty() { to } else { to.value_parser(sinks) })
    }

    fn parsed(program: &Program, arguments: &[OsString]) -> Result<Self, clap::Error> {
        let mut command = Self::of(program);
        let matches = command.try_get_matches_from_mut(arguments)?;
        if let Some(name) = matches.subcommand_name() {
            let collecting = CollectArguments::augment_args(clap::Command::new("report"));
            let given = |argument: &&clap::Arg| {
                matches.value_source(argument.get_id().as_str()) == Some(ValueSource::CommandLine)
            };
            if let Some(flag) = collecting.get_arguments().find(given).and_then(clap::Arg::get_long) {
                let message = format!("the command '{name}' cannot be used with '--{flag}'");
                return Err(command.error(ErrorKind::ArgumentConflict, message));
            }
        }
        Self::from_arg_matches(&matches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Arguments, ErrorKind> {
        let words = line.split(' ').map(OsString::from);
        Arguments::read(&Program::default(), words).map_err(|error| error.kind())
    }

    #[test]
    fn how_to_print_may_be_said_on_both_sides_of_a_command() {
        for line in ["report --format json -q list", "report list --format json -q"] {
            let arguments = read(line).unwrap();
            assert_eq!(arguments.output.format, Some(Format::Json));
            assert!(arguments.output.quiet);
        }
    }

    #[test]
    fn what_to_collect_is_refused_beside_a_command() {
        for line in ["report --push list", "report --deadline 5s list", "report list --push"] {
            assert!(read(line).is_err(), "{line}");
        }
        assert_eq!(read("report --push list").unwrap_err(), ErrorKind::ArgumentConflict);
    }

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::of(&Program::default()).debug_assert();
    }
}
