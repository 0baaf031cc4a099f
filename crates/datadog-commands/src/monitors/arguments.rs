//! The arguments of `report monitors`.

use clap::{Parser, Subcommand};
use system_health_command::SettingsArguments;

use crate::confirm::YesArguments;

/// Print, push or compare the monitors of goals and of the reporter
///
/// Without an action, the monitors are printed as JSON.
#[derive(Debug, Parser)]
#[command(name = "monitors", args_conflicts_with_subcommands = true)]
pub(super) struct MonitorsArguments {
    #[command(subcommand)]
    pub(super) action: Option<MonitorsAction>,
    #[command(flatten)]
    pub(super) settings: SettingsArguments,
}

/// What to do with monitors in Datadog. Needs an API key and an application key. Only monitors with the tag
/// `managed_by:system-health` and the `env:` and `service:` of the settings are ever changed.
#[derive(Debug, Subcommand)]
pub(super) enum MonitorsAction {
    /// Create and update the monitors
    Push {
        /// Overwrite changes made in Datadog
        #[arg(long)]
        force: bool,
        /// Delete managed monitors that the metrics and the settings no longer define
        #[arg(long)]
        prune: bool,
        #[command(flatten)]
        settings: SettingsArguments,
    },
    /// Show what a push with --prune would change; the exit status is 1 if it would change anything
    Diff {
        #[command(flatten)]
        settings: SettingsArguments,
    },
    /// Delete managed monitors
    Delete {
        /// Keys of the metrics whose monitors are deleted [default: all]
        keys: Vec<String>,
        #[command(flatten)]
        yes: YesArguments,
        #[command(flatten)]
        settings: SettingsArguments,
    },
}

impl MonitorsArguments {
    /// The settings of the action.
    pub(super) fn settings(&self) -> &SettingsArguments {
        match &self.action {
            Some(
                MonitorsAction::Push { settings, .. }
                | MonitorsAction::Diff { settings }
                | MonitorsAction::Delete { settings, .. },
            ) => settings,
            None => &self.settings,
        }
    }
}
