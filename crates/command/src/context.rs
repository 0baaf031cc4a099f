//! The parts of `report` that a command of a linked crate can use.

use std::future::Future;

use indicatif::ProgressBar;
use system_health_registry::{Catalog, Interruption, Settings, SinkType, settings::SettingsError};
use system_health_reporter::{
    FailOn, FinishedRun, ReporterBuilder, StateSettings, selected_by_settings, with_goals_of_settings,
};
use tokio::runtime::Handle;

use crate::{
    ExitStatus, RunArguments, SettingsArguments, StateFolderArguments, Stdout, StopPolicy, exit_reason,
    hints,
    remembered::with_remembered,
    reporter_builder::reporter_builder,
    runtime, settings,
    traces::{LogContext, ProgramTraces},
};

/// Gives a command of a linked crate the metrics, the settings, the state folder, stdout, and runs like those of `report --push`.
#[derive(Debug)]
pub struct CommandContext<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) stdout: Stdout,
    pub(crate) progress: &'a ProgressBar,
    pub(crate) traces: &'a ProgramTraces,
    pub(crate) program: &'a str,
    /// The sinks of the program that are not linked.
    pub(crate) own_sinks: &'a [SinkType],
}

impl<'a> CommandContext<'a> {
    /// The metrics and sources that are linked into the program.
    #[must_use]
    pub fn linked_catalog(&self) -> &'a Catalog {
        self.catalog
    }

    /// The metrics that a run collects according to the settings, with the goals of the settings: linked metrics, and metrics
    /// that sources described in earlier runs, which the state folder remembers.
    ///
    /// Without `settings`, the file that `SYSTEM_HEALTH_CONFIG` names or the default file is read. Without `folder`, the settings
    /// name the state folder.
    pub fn selected_catalog(
        &self,
        settings: Option<&SettingsArguments>,
        folder: Option<&StateFolderArguments>,
    ) -> anyhow::Result<Catalog> {
        let default = SettingsArguments::from_environment();
        let loaded = self.settings(settings.unwrap_or(&default))?;
        let catalog = self.known_catalog(settings, folder)?;
        Ok(selected_by_settings(catalog, &loaded)?)
    }

    /// Like [`selected_catalog`](Self::selected_catalog), but also with the metrics that the settings do not select.
    pub fn known_catalog(
        &self,
        settings: Option<&SettingsArguments>,
        folder: Option<&StateFolderArguments>,
    ) -> anyhow::Result<Catalog> {
        let default = SettingsArguments::from_environment();
        let loaded = self.settings(settings.unwrap_or(&default))?;
        let catalog = with_remembered(self.catalog, settings, folder)?;
        Ok(with_goals_of_settings(catalog.into_owned(), &loaded)?)
    }

    /// The settings: the file, overridden by environment variables.
    pub fn settings(&self, arguments: &SettingsArguments) -> Result<Settings, SettingsError> {
        settings::builder(arguments)?.build()
    }

    /// The settings of the state. A folder in the arguments overrides the one in the settings.
    pub fn state_settings(
        &self,
        settings: &Settings,
        arguments: &StateFolderArguments,
    ) -> Result<StateSettings, SettingsError> {
        settings::state(settings, arguments)
    }

    /// The settings of runs: the file, overridden by environment variables, overridden by flags.
    pub fn run_settings(&self, arguments: &RunArguments) -> Result<Settings, SettingsError> {
        settings::of_run(arguments)
    }

    /// A builder of a reporter like that of `report --push`, with these settings, overridden by the arguments.
    pub fn reporter(
        &self,
        settings: Settings,
        arguments: &RunArguments,
    ) -> Result<ReporterBuilder, SettingsError> {
        let tracer = self.traces.tracer(&settings)?;
        let builder = reporter_builder(settings, self.program, self.own_sinks, arguments);
        let builder = builder.catalog(self.catalog.clone());
        Ok(match tracer {
            Some(tracer) => builder.tracer(tracer),
            None => builder,
        })
    }

    /// Runs work until it is done or signals end it. Collectors have their own runtime, so that the work continues even if they
    /// block all its threads. The work receives the handle of the collectors' runtime. The first signal interrupts the work, and
    /// a second signal ends the process at once.
    ///
    /// An error of the work is logged, and the status is that of wrong usage. But an error about stdout is returned.
    pub fn block_on<F>(
        &self,
        stop_policy: StopPolicy,
        work: impl FnOnce(Handle, Interruption) -> F,
    ) -> anyhow::Result<ExitStatus>
    where
        F: Future<Output = anyhow::Result<ExitStatus>>,
    {
        runtime::block_on(self.progress, false, ExitStatus::Usage, stop_policy, work)
    }

    /// Logs the problems of a run, as `report` does if stdout is not a terminal.
    pub fn log_problems(&self, finished: &FinishedRun) {
        let _log_context = LogContext::from_trace(finished.trace.as_deref());
        exit_reason::log_always(&finished.report, &finished.deliveries, FailOn::Error);
        hints::log_unmatched(&finished.unmatched);
        hints::log(&finished.report);
    }

    /// Logs an error with its causes, and with a hint if there is one.
    pub fn log_error(&self, error: &anyhow::Error) {
        tracing::error!(hint = hints::hint(error), "{error:#}");
    }

    /// The name of the program, for texts that name one of its commands.
    #[must_use]
    pub fn program(&self) -> &'a str {
        self.program
    }

    /// Where to print data, in a format that the command supports.
    #[must_use]
    pub fn stdout(&self) -> Stdout {
        self.stdout
    }
}
