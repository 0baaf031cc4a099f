//! `report monitors --for prometheus`.

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser};
use system_health_command::{
    CommandContext, CommandType, ExitStatus, SettingsArguments, Target, register_command,
};
use system_health_monitor_settings::Monitors;
use system_health_prometheus::configured_textfile;

use super::{reporter_labels::ReporterLabels, rule_file::RuleFile};

/// Print the alerting rules of goals and of the reporter
#[derive(Debug, Parser)]
#[command(name = "monitors")]
struct RulesArguments {
    #[command(flatten)]
    settings: SettingsArguments,
    /// URL of the Grafana dashboard, which the alerts of Prometheus link to
    #[arg(long, value_name = "URL")]
    dashboard_url: Option<String>,
}

register_command!(CommandType {
    command: RulesArguments::command,
    target: Some(Target {
        name: "prometheus",
        summary: "Alerting rules for Prometheus as YAML",
        is_default: false,
    }),
    formats: &[],
    run,
});

fn run(matches: &ArgMatches, context: &CommandContext<'_>) -> anyhow::Result<ExitStatus> {
    let arguments = RulesArguments::from_arg_matches(matches)?;
    let catalog = &context.known_catalog(Some(&arguments.settings), None)?;
    let settings = context.settings(&arguments.settings)?;
    let monitors = Monitors::from_settings(catalog, &settings)?;
    let reporter_labels = ReporterLabels::from_settings(&settings)?;
    if reporter_labels.environment() == Some("development") {
        tracing::warn!(
            "these rules watch only series with the label env=\"development\"; for another environment, set DD_ENV, or `env` \
             in [report], to the same value as the reporter"
        );
    }
    let textfile = configured_textfile(&settings)?;
    let (textfile, dashboard) = (textfile.as_deref(), arguments.dashboard_url.as_deref());
    let file = RuleFile::new(context.program(), &monitors, &reporter_labels, textfile, dashboard)?;
    context.stdout().write(&file.to_string())?;
    Ok(ExitStatus::Done)
}
