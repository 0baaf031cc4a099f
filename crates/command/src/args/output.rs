//! How data and messages are printed.

use clap::{
    Arg, ArgAction, Args, ValueEnum,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};

/// How data and messages are printed.
#[derive(Debug, Args)]
pub(crate) struct OutputArguments {
    /// Format of the data on stdout [default: table on a terminal, json otherwise]
    #[arg(long, value_name = "FORMAT", global = true)]
    pub(crate) format: Option<Format>,
    /// When to use colour
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    pub(crate) color: Color,
    /// Format of the messages on stderr
    #[arg(long, value_name = "FORMAT", default_value = "text", global = true)]
    pub(crate) log_format: LogFormat,
    /// Log more on stderr; repeat it for still more
    #[arg(short, long, action = ArgAction::Count, global = true, conflicts_with = "quiet")]
    pub(crate) verbose: u8,
    /// Log only warnings and errors on stderr
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
}

/// Format of the data on stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Table,
    /// For programs: one JSON document
    Json,
    /// For spreadsheets
    Csv,
    /// For job summaries, pull requests and documentation
    Markdown,
}

impl Format {
    /// The formats of a run.
    pub(crate) const OF_RUN: &[Self] = &[Self::Table, Self::Json, Self::Markdown];

    /// The formats of a command of `report` itself. Empty for a command that prints something else, such as a script.
    pub(crate) fn of_command(name: &str) -> &'static [Self] {
        match name {
            "backfill" | "doctor" => &[Self::Table, Self::Json],
            "explain" | "list" => Self::OF_RUN,
            "history" => &[Self::Table, Self::Json, Self::Csv],
            _ => &[],
        }
    }

    /// The argument `--format` of a command. Its help lists only what the command supports. Other formats are accepted
    /// here and refused later, because the flag may also stand before the command.
    pub(crate) fn argument(supported: &[Self], argument: Arg) -> Arg {
        let value = |format: &Self| Some(format.to_possible_value()?.hide(!supported.contains(format)));
        let values: Vec<PossibleValue> = Self::value_variants().iter().filter_map(value).collect();
        let parser = PossibleValuesParser::new(values).try_map(|name| Self::from_str(&name, false));
        argument.value_parser(parser).hide(supported.is_empty())
    }

    /// The name of the format on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
        }
    }
}

/// Format of the messages on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people
    Text,
    /// For programs: one JSON object per line
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
