//! The reporter: what a program calls to report.

use std::time::{Duration, SystemTime};

use system_health_registry::{Catalog, Destination, Engine, Interruption, Process, Settings, Tag};
use tokio::runtime::Handle;

use crate::{
    DestinationsError, Finished, Goals, ReportSettings, ReporterBuilder, ReporterError, SelectionError,
    StateSettings, name::Name, run::RunUnderWay, target::Target,
};

/// Collects metrics, records them, delivers them to all destinations and sends events. It can run any number of times, and
/// keeps its connections between runs.
#[derive(Debug)]
pub struct Reporter {
    pub(crate) catalog: Catalog,
    pub(crate) about_itself: Option<Catalog>,
    pub(crate) goals: Goals,
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
}

/// What a run does with its report after recording it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nothing.
    Collect,
    /// Shows what would be delivered.
    DryRun,
    /// Delivers the report, the points that earlier runs have left, and the events.
    Push,
}

impl Reporter {
    /// Starts with the settings of a process.
    #[must_use]
    pub fn builder(settings: Settings) -> ReporterBuilder {
        ReporterBuilder::new(settings)
    }

    /// Runs collectors on another runtime than that of the reporter, so that collectors that block all its threads do not affect
    /// the reporter.
    #[must_use]
    pub fn with_workers(mut self, workers: Handle) -> Self {
        self.engine = self.engine.with_workers(workers);
        self
    }

    /// Ends a run early. Metrics without a value by then are errors. The values are recorded, but no delivery is
    /// started and one under way is given up: the points wait in the outbox for the next run.
    #[must_use]
    pub fn with_interruption(mut self, interruption: Interruption) -> Self {
        self.engine = self.engine.with_interruption(interruption.clone());
        self.interruption = interruption;
        self
    }

    /// Collects and records.
    pub async fn collect(&self) -> Result<Finished, ReporterError> {
        self.run(Mode::Collect).await
    }

    /// Collects and records, and shows what [`push`](Self::push) would deliver.
    pub async fn dry_run(&self) -> Result<Finished, ReporterError> {
        self.run(Mode::DryRun).await
    }

    /// Collects, records, delivers and sends events. A failed delivery is not an error: it is in the receipts, and the points
    /// wait for the next run.
    pub async fn push(&self) -> Result<Finished, ReporterError> {
        self.run(Mode::Push).await
    }

    /// Runs in a mode. Dropping the future ends the run; points that were recorded and not delivered wait for the next run.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub async fn run(&self, mode: Mode) -> Result<Finished, ReporterError> {
        self.run_at(mode, SystemTime::now()).await
    }

    /// Runs with a given start time, for tests about windows of time.
    pub async fn run_at(&self, mode: Mode, started_at: SystemTime) -> Result<Finished, ReporterError> {
        self.check(mode)?;
        let targets = self.targets(mode)?;
        RunUnderWay::start(self, mode, targets, started_at).await
    }

    /// Fails if such a run has nothing to collect, or its destinations are not clear. A run makes the same check before it
    /// collects anything.
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

    /// Whether such a run writes points to the standard output, so that nothing else may be printed there.
    #[must_use]
    pub fn owns_stdout(&self, mode: Mode) -> bool {
        let targets = self.targets(mode).unwrap_or_default();
        mode == Mode::Push && targets.iter().any(|target| target.destination.owns_stdout())
    }

    /// How long a run may take, delivery included.
    #[must_use]
    pub fn deadline(&self) -> Duration {
        self.report.deadline
    }

    fn targets(&self, mode: Mode) -> Result<&[Target], DestinationsError> {
        match (mode, &self.targets) {
            (Mode::Collect, _) => Ok(&[]),
            (Mode::DryRun | Mode::Push, Ok(targets)) => Ok(targets),
            (Mode::DryRun | Mode::Push, Err(error)) => Err(error.clone()),
        }
    }
}
