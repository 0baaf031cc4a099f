//! The reporter, which a program calls for each run.

use std::time::{Duration, SystemTime};

use system_health_registry::{Catalog, Destination, Engine, Interruption, Process, Settings, Tag};
use tokio::runtime::Handle;

use crate::{
    DestinationsError, FinishedRun, GoalsOfTwoMetrics, ReportSettings, ReporterBuilder, ReporterError,
    Selection, SelectionError, ServiceRun, StateSettings,
    name::Name,
    run::RunInProgress,
    run_trace::Tracing,
    service_run::{Intervals, RunPlan},
    target::Target,
    watching::WatchingSince,
};

/// Collects metrics, records them, delivers them to all destinations and sends events. It can run any number of times, and
/// keeps its connections between runs.
#[derive(Debug)]
pub struct Reporter {
    pub(crate) watching_since: WatchingSince,
    pub(crate) selection: Selection,
    pub(crate) catalog: Catalog,
    pub(crate) self_metrics: Option<Catalog>,
    pub(crate) goals: GoalsOfTwoMetrics,
    pub(crate) intervals: Intervals,
    pub(crate) targets: Result<Vec<Target>, DestinationsError>,
    pub(crate) name: Name,
    pub(crate) align: Duration,
    pub(crate) engine: Engine,
    pub(crate) process: Process,
    pub(crate) tags: Vec<Tag>,
    pub(crate) report: ReportSettings,
    pub(crate) state: StateSettings,
    pub(crate) keeps_state: bool,
    pub(crate) interruption: Interruption,
    pub(crate) end_of_collection: Interruption,
    pub(crate) tracing: Option<Tracing>,
}

/// What a run does with its report after recording it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nothing.
    Collect,
    /// Previews what would be delivered.
    DryRun,
    /// Delivers the report and the points that earlier runs have left, and sends events.
    Push,
}

impl Mode {
    /// The name: `collect`, `dry run` or `push`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Collect => "collect",
            Self::DryRun => "dry run",
            Self::Push => "push",
        }
    }
}

impl Reporter {
    /// A builder with the settings of a process.
    #[must_use]
    pub fn builder(settings: Settings) -> ReporterBuilder {
        ReporterBuilder::new(settings)
    }

    /// Runs collectors on another runtime. Collectors that block all threads of that runtime do not affect the reporter.
    #[must_use]
    pub fn with_workers(mut self, workers: Handle) -> Self {
        self.engine = self.engine.with_workers(workers);
        self
    }

    /// Ends runs early. Metrics that have no result when the interruption happens are errors. The results are recorded,
    /// but no delivery is started, and a delivery in progress is given up. The points wait in the outbox for the next
    /// run.
    #[must_use]
    pub fn with_interruption(mut self, interruption: Interruption) -> Self {
        self.interruption = interruption;
        self.with_interrupted_engine()
    }

    /// Ends collections early, and delivers nevertheless. Metrics that have no result when this happens are errors. There are no
    /// metrics about the reporter then, because they would report these errors as failures.
    /// [`with_interruption`](Self::with_interruption) still ends the whole run.
    #[must_use]
    pub fn with_end_of_collection(mut self, end: Interruption) -> Self {
        self.end_of_collection = end;
        self.with_interrupted_engine()
    }

    /// Passes both signals to the engine.
    fn with_interrupted_engine(mut self) -> Self {
        self.engine = self.engine.with_interruption(self.interruption.or(&self.end_of_collection));
        self
    }

    /// Collects and records.
    pub async fn collect(&self) -> Result<FinishedRun, ReporterError> {
        self.run(Mode::Collect).await
    }

    /// Collects and records, and shows what [`push`](Self::push) would deliver.
    pub async fn dry_run(&self) -> Result<FinishedRun, ReporterError> {
        self.run(Mode::DryRun).await
    }

    /// Collects, records, delivers and sends events. A failed delivery is not an error of this function: the receipts
    /// contain it, and the points wait for the next run.
    pub async fn push(&self) -> Result<FinishedRun, ReporterError> {
        self.run(Mode::Push).await
    }

    /// Runs in a mode. Dropping the future ends the run. Points that were recorded but not delivered wait for the next
    /// run.
    ///
    /// # Panics
    /// Panics outside a Tokio runtime, and in a runtime whose timers are not enabled.
    pub async fn run(&self, mode: Mode) -> Result<FinishedRun, ReporterError> {
        self.run_at(mode, SystemTime::now()).await
    }

    /// Runs in a mode, with a given start time in place of the current time.
    pub async fn run_at(&self, mode: Mode, started_at: SystemTime) -> Result<FinishedRun, ReporterError> {
        self.check(mode)?;
        let targets = self.targets(mode)?;
        RunInProgress::run(self, RunPlan::everything(self), mode, targets, started_at).await
    }

    /// Makes a run of a service: collects the metrics that are due in its slot.
    pub async fn run_slot(
        &self,
        mode: Mode,
        run: ServiceRun,
        started_at: SystemTime,
    ) -> Result<FinishedRun, ReporterError> {
        let targets = self.targets(mode)?;
        RunInProgress::run(self, RunPlan::due(self, run), mode, targets, started_at).await
    }

    /// How often a service collects the metric with this key: by the settings, or by its option `every`. `None`: in each run
    /// of the service.
    #[must_use]
    pub fn collection_interval(&self, key: &str) -> Option<Duration> {
        self.intervals.interval(key)
    }

    /// Fails if a run in this mode has nothing to collect or no destinations that can be used. [`run`](Self::run)
    /// makes the same check before it collects anything.
    pub fn check(&self, mode: Mode) -> Result<(), ReporterError> {
        if mode == Mode::Collect && self.catalog.metrics().is_empty() && self.catalog.sources().is_empty() {
            return Err(SelectionError::OnlySelfMetrics.into());
        }
        Ok(self.targets(mode).map(drop)?)
    }

    /// The destinations of a push.
    pub fn destinations(&self) -> Result<impl Iterator<Item = &dyn Destination>, DestinationsError> {
        Ok(self.targets(Mode::Push)?.iter().map(|target| &*target.destination))
    }

    /// Whether a run in this mode writes points to standard output. If so, nothing else may be printed there.
    #[must_use]
    pub fn owns_stdout(&self, mode: Mode) -> bool {
        let targets = self.targets(mode).unwrap_or_default();
        mode == Mode::Push && targets.iter().any(|target| target.destination.owns_stdout())
    }

    /// The maximum time of a run, including its delivery.
    #[must_use]
    pub fn deadline(&self) -> Duration {
        self.report.deadline
    }

    pub(crate) fn targets(&self, mode: Mode) -> Result<&[Target], DestinationsError> {
        match (mode, &self.targets) {
            (Mode::Collect, _) => Ok(&[]),
            (Mode::DryRun | Mode::Push, Ok(targets)) => Ok(targets),
            (Mode::DryRun | Mode::Push, Err(error)) => Err(error.clone()),
        }
    }
}
