//! A service that tests run in simulated time, with their own metrics and backends.

use std::{
    cell::{Cell, RefCell},
    sync::{Arc, LazyLock},
    time::{Duration, SystemTime},
};

use futures::{FutureExt, channel::oneshot};
use system_health_registry::{Catalog, Facts, Interruption, IntoReading, Metric, Settings, location};
use system_health_reporter::{FinishedRun, Reporter, ReporterBuilder, Selection, Slots};
use tokio::sync::mpsc;

use super::backend::Backend;
use crate::{
    clock::Clock, configuration::Configuration, latest::Latest, parts::Parts, reload::ReloadSignal,
    served::Served, service::Service,
};

/// The start of an hour, some hours ago.
static START: LazyLock<SystemTime> = LazyLock::new(|| {
    Slots::new(Duration::from_hours(1)).start_of(SystemTime::now() - Duration::from_hours(5))
});

/// A number of seconds after [`START`].
pub(super) fn at(seconds: u64) -> SystemTime {
    *START + Duration::from_secs(seconds)
}

/// A metric that always has the value 1.
pub(super) fn one(key: &str) -> Metric {
    metric(Facts::new(key, "For a test."), || async { 1.0.into_reading() }.boxed())
}

pub(super) fn metric(
    facts: Facts,
    collect: impl Fn() -> futures::future::BoxFuture<
        'static,
        Result<system_health_registry::Reading, system_health_registry::Unavailable>,
    > + Send
    + Sync
    + 'static,
) -> Metric {
    Metric::new(facts, location!(), move |_| collect())
}

/// The builder of a reporter for these metrics, without settings and state.
pub(super) fn builder(metrics: impl IntoIterator<Item = Metric>, backends: &[&Backend]) -> ReporterBuilder {
    let builder = Reporter::builder(Settings::default())
        .catalog(Catalog::new(metrics).unwrap())
        .without_state()
        .program("test")
        .without_required_destination();
    backends.iter().fold(builder, |builder, backend| builder.destination((*backend).clone()))
}

/// The configuration of a service that starts a run every `every` seconds.
pub(super) fn configuration(builder: ReporterBuilder, every: u64, catalog: Catalog) -> Configuration {
    let every = Duration::from_secs(every);
    let (selection, settings) = (Selection::default(), Settings::default());
    let served = Served { every, catalog, selection, settings, folder: None, token: None };
    Configuration {
        reporter: builder.align_by_default(every).build().unwrap(),
        slots: Slots::new(every),
        served: Arc::new(served),
    }
}

/// A service that a test drives.
pub(super) struct Stage {
    pub(super) clock: Clock,
    pub(super) parts: Parts,
    pub(super) interruption: Interruption,
    stop: Cell<Option<oneshot::Sender<()>>>,
    finished: RefCell<Vec<FinishedRun>>,
    pub(super) reload: mpsc::UnboundedSender<()>,
    reload_requests: Cell<Option<mpsc::UnboundedReceiver<()>>>,
}

impl Stage {
    /// A stage whose clock starts at `now`.
    pub(super) fn new(now: SystemTime) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (reload, reload_requests) = mpsc::unbounded_channel();
        Self {
            clock: Clock::simulated(now),
            parts: Parts::default(),
            interruption: Interruption::new(stopped.map(drop)),
            stop: Cell::new(Some(stop)),
            finished: RefCell::default(),
            reload,
            reload_requests: Cell::new(Some(reload_requests)),
        }
    }

    /// Interrupts the service, as a signal does.
    pub(super) fn stop(&self) {
        drop(self.stop.take());
    }

    /// Runs the service until it is stopped, and returns its runs. After each run, calls `after` with the number of finished runs.
    pub(super) async fn run(
        &self,
        configuration: Configuration,
        reload: impl AsyncFnMut() -> Option<Configuration>,
        after: impl Fn(usize, &FinishedRun),
    ) -> (Vec<FinishedRun>, Arc<Latest>) {
        let keep = |runs, finished: &FinishedRun| {
            self.finished.borrow_mut().push(finished.clone());
            after(runs, finished);
        };
        let latest = self.run_without_keeping_runs(configuration, reload, keep).await;
        (self.finished.take(), latest)
    }

    /// Like [`run`](Self::run), but does not keep the runs.
    pub(super) async fn run_without_keeping_runs(
        &self,
        configuration: Configuration,
        reload: impl AsyncFnMut() -> Option<Configuration>,
        after: impl Fn(usize, &FinishedRun),
    ) -> Arc<Latest> {
        let runs = Cell::new(0);
        let latest = Arc::new(Latest::new(Arc::clone(&configuration.served)));
        let service = Service {
            clock: self.clock.clone(),
            latest: &latest,
            parts: &self.parts,
            interruption: self.interruption.clone(),
        };
        let signal = ReloadSignal::from_requests(self.reload_requests.take().unwrap());
        let count_run = |finished: &FinishedRun| {
            runs.set(runs.get() + 1);
            after(runs.get(), finished);
        };
        service.run(configuration, signal, reload, count_run).await;
        latest
    }

    /// Runs the service, and stops it after a number of runs.
    pub(super) async fn runs(
        &self,
        configuration: Configuration,
        count: usize,
    ) -> (Vec<FinishedRun>, Arc<Latest>) {
        let stop = |runs, _: &FinishedRun| {
            if runs == count {
                self.stop();
            }
        };
        self.run(configuration, async || None, stop).await
    }
}

/// The seconds since [`at`]`(0)` at which runs started.
pub(super) fn starts(runs: &[FinishedRun]) -> Vec<u64> {
    let start = |run: &FinishedRun| run.report.run().started_at().duration_since(at(0)).unwrap().as_secs();
    runs.iter().map(start).collect()
}

/// The value of a metric about the reporter in a run.
pub(super) fn about_reporter(run: &FinishedRun, name: &str) -> Option<f64> {
    let key = format!("system_health.reporter.{name}");
    let report = run.self_metrics_report.as_ref()?;
    report.points().find(|point| point.key == key)?.value.number()
}
