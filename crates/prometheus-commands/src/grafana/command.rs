//! `report dashboard --for grafana`.

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser};
use system_health_command::{CommandContext, CommandType, ExitStatus, Format, Target, register_command};

use super::dashboard::dashboard;

/// Print a Grafana dashboard of the metrics that a run collects
#[derive(Debug, Parser)]
#[command(name = "dashboard")]
struct GrafanaArguments {
    /// Title of the dashboard
    #[arg(long, default_value = "System health")]
    title: String,
}

register_command!(CommandType {
    command: GrafanaArguments::command,
    target: Some(Target {
        name: "grafana",
        summary: "A dashboard of Grafana as JSON, for series in Prometheus",
        is_default: false,
    }),
    formats: &[Format::Table, Format::Json],
    run,
});

fn run(matches: &ArgMatches, context: &CommandContext<'_>) -> anyhow::Result<ExitStatus> {
    let arguments = GrafanaArguments::from_arg_matches(matches)?;
    let catalog = context.selected_catalog(None, None)?;
    // JSON is what Grafana imports, so it is also printed where other commands print a table.
    let json = serde_json::to_string_pretty(&dashboard(&catalog, &arguments.title))?;
    context.stdout().write(&(json + "\n"))?;
    Ok(ExitStatus::Done)
}
