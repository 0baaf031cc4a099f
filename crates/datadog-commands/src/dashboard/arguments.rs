//! The arguments of `report dashboard`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use system_health_command::{SettingsArguments, StateArguments};

use super::wanted::TITLE;
use crate::confirm::YesArguments;

/// Print, push or compare the dashboard of the metrics that a run collects, or one from a file
///
/// Without an action, the dashboard of the metrics that a run collects is printed as JSON.
#[derive(Debug, Parser)]
#[command(name = "dashboard", args_conflicts_with_subcommands = true)]
pub(super) struct DashboardArguments {
    #[command(subcommand)]
    pub(super) action: Option<DashboardAction>,
    #[command(flatten)]
    pub(super) title: TitleArguments,
}

/// The title of the dashboard.
#[derive(Debug, Args)]
pub(super) struct TitleArguments {
    /// Title of the dashboard
    #[arg(long, default_value = TITLE)]
    pub(super) title: String,
}

/// What to do with dashboards in Datadog. Needs an API key and an application key.
#[derive(Debug, Subcommand)]
pub(super) enum DashboardAction {
    /// Create the dashboard, or update the one that an earlier push created
    Push {
        #[command(flatten)]
        input: DashboardInput,
        /// Overwrite changes made in Datadog, and dashboards that were not created by a push
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        state_and_settings: StateAndSettings,
    },
    /// Show what a push would change; the exit status is 1 if it would change anything
    Diff {
        #[command(flatten)]
        input: DashboardInput,
        #[command(flatten)]
        state_and_settings: StateAndSettings,
    },
    /// Print a dashboard from Datadog as JSON, which can be edited and pushed
    Pull {
        /// Id such as abc-def-ghi, or title
        dashboard: String,
        #[command(flatten)]
        settings: SettingsArguments,
    },
    /// List the dashboards that pushes created
    List {
        #[command(flatten)]
        settings: SettingsArguments,
    },
    /// Delete a dashboard that a push created
    Delete {
        /// Id such as abc-def-ghi, or title
        dashboard: String,
        #[command(flatten)]
        yes: YesArguments,
        #[command(flatten)]
        state_and_settings: StateAndSettings,
    },
}

/// The dashboard to push or compare: one in a file, or that of the metrics that a run collects.
#[derive(Debug, Args)]
pub(super) struct DashboardInput {
    /// File with a dashboard as JSON, or - for stdin [default: the dashboard of the metrics that a run collects]
    #[arg(conflicts_with = "title")]
    pub(super) file: Option<PathBuf>,
    #[command(flatten)]
    pub(super) title: TitleArguments,
}

/// The settings, and the folder with the ids of pushed dashboards.
#[derive(Debug, Args)]
pub(super) struct StateAndSettings {
    #[command(flatten)]
    pub(super) state: StateArguments,
    #[command(flatten)]
    pub(super) settings: SettingsArguments,
}
