//! `report` without a command: collect, deliver, print, in that order, so that a reader of stdout who
//! has gone away cannot keep values from being delivered.

use std::{
    env,
    io::{self, IsTerminal},
    num::NonZero,
    thread,
    time::Duration,
};

use anyhow::Context as _;
use indicatif::ProgressBar;
use system_health_registry::{Catalog, Context, Engine, Report, Settings, State, Tag};
use tokio::{
    runtime::{self, Handle},
    task::spawn_blocking,
    time::{Instant, timeout_at},
};

use super::select::select;
use crate::{
    args::{CollectArguments, FailOn},
    datadog::Datadog,
    delivery::{self, Delivery, Fate},
    exit::{Signal, Status},
    output::{JsonReport, Stdout, TableReport},
    progress,
    settings::{self, DatadogSettings, ReportSettings},
    tags,
};

/// Enough that a collector which blocks its thread leaves others to go on.
const LEAST_THREADS: usize = 4;

/// Longer deadlines mean no deadline; clocks cannot count much further.
const LONGEST_RUN: Duration = Duration::from_hours(365 * 24);

/// What one run does, with nothing left to be refused.
struct Plan {
    catalog: Catalog,
    settings: Settings,
    tags: Vec<Tag>,
    deadline: Duration,
    fail_on: FailOn,
    action: Action,
    stdout: Stdout,
}

/// What happens to the report besides being printed.
enum Action {
    Print,
    DryRun(Datadog),
    Push(Datadog),
}

/// Runs the metrics that the arguments select.
pub(super) fn run(
    arguments: &CollectArguments,
    catalog: Catalog,
    stdout: Stdout,
    progress: &ProgressBar,
    quiet: bool,
) -> anyhow::Result<Status> {
    let plan = Plan::new(arguments, catalog, stdout)?;
    let threads = thread::available_parallelism().map_or(LEAST_THREADS, NonZero::get).max(LEAST_THREADS);
    // The run itself, its deadline and the signals have a runtime of their own: collectors that block all
    // threads of theirs cannot hold it up.
    let workers = runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    let workers = workers.context("cannot start the collectors' runtime")?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start the runtime")?;
    let status = runtime.block_on(async {
        tokio::select! {
            biased;
            signal = signal() => Ok(Status::Interrupted(signal?)),
            status = plan.run(workers.handle().clone(), progress) => status,
            never = progress::show(progress, !arguments.no_progress && !quiet) => match never {},
        }
    });
    progress.finish_and_clear();
    if let Ok(Status::Interrupted(signal)) = status {
        tracing::error!("ended by {signal}: what was not delivered yet is not delivered");
    }
    // What blocks its thread must not keep the process alive.
    workers.shutdown_background();
    runtime.shutdown_background();
    status
}

impl Plan {
    fn new(arguments: &CollectArguments, catalog: Catalog, stdout: Stdout) -> anyhow::Result<Self> {
        let settings = settings::load(arguments)?;
        let report: ReportSettings = settings.table()?;
        let datadog: DatadogSettings = settings.table()?;
        let dd_tags = env::var("DD_TAGS").ok();
        let action = match (arguments.push, arguments.dry_run) {
            (true, _) => Action::Push(Datadog::new(&datadog)?),
            (_, true) => Action::DryRun(Datadog::new(&datadog)?),
            _ => Datadog::check(&datadog).map(|()| Action::Print)?,
        };
        Ok(Self {
            catalog: select(catalog, &arguments.only, &arguments.skip)?,
            tags: tags::base(&report, &datadog, dd_tags.as_deref())?,
            deadline: arguments.deadline.unwrap_or(report.deadline),
            fail_on: arguments.fail_on.unwrap_or(report.fail_on),
            settings,
            action,
            stdout,
        })
    }

    async fn run(self, workers: Handle, progress: &ProgressBar) -> anyhow::Result<Status> {
        let end = Instant::now() + self.deadline.min(LONGEST_RUN);
        let reserve = match self.action {
            Action::Push(_) => delivery::reserve(self.deadline),
            Action::Print | Action::DryRun(_) => Duration::ZERO,
        };
        let context =
            Context::new().provide(self.settings).with_deadline(self.deadline.saturating_sub(reserve));
        let engine = Engine::new()
            .with_workers(workers)
            .with_observer(progress::follow(progress, self.catalog.metrics().len()));
        // The API key is looked up while the metrics are collected.
        let sink = async {
            match &self.action {
                Action::Push(datadog) => Some(
                    timeout_at(end, datadog.sink(&context))
                        .await
                        .unwrap_or_else(|_| Err("no API key before the run's deadline".into())),
                ),
                Action::Print | Action::DryRun(_) => None,
            }
        };
        let (run, sink) = tokio::join!(engine.run(&self.catalog, &context), sink);
        let report = Report::new(run, self.tags);
        let mut deliveries = Vec::new();
        if let Some(sink) = sink {
            deliveries.push(delivery::deliver(sink, &report, end).await);
        }
        if let Action::DryRun(datadog) = &self.action {
            deliveries.push(Delivery::dry_run(datadog.payload(&report)?, &report));
        }
        progress.finish_and_clear();
        explain(&report, &deliveries, self.fail_on);
        let status = Status::of(&report, &deliveries, self.fail_on);
        let (table, json) = (TableReport::new(&report, &deliveries), JsonReport::new(&report, &deliveries));
        let text = self.stdout.format(table, json)?;
        // A reader that reads no more must not keep a signal from ending the process.
        match (spawn_blocking(move || self.stdout.write(&text)).await?, status) {
            (Ok(()), status) => Ok(status),
            (Err(error), Status::Done) => Err(error),
            (Err(error), status) => {
                tracing::error!("{error:#}");
                Ok(status)
            }
        }
    }
}

/// Says on stderr what makes the exit status other than 0, where stdout goes to a program: a log should
/// tell why a job failed.
fn explain(report: &Report, deliveries: &[Delivery], fail_on: FailOn) {
    if io::stdout().is_terminal() {
        return;
    }
    for outcome in report.run().outcomes() {
        match &outcome.state {
            State::Error(error) if fail_on != FailOn::Never && fail_on != FailOn::Delivery => {
                tracing::error!("{}: {error}", outcome.metric.key());
            }
            State::NoData(reason) if fail_on == FailOn::NoData => {
                tracing::error!("{}: no data: {reason}", outcome.metric.key());
            }
            State::Value(_) if fail_on == FailOn::Goal && outcome.goal_met() == Some(false) => {
                tracing::error!("{}: the goal is missed", outcome.metric.key());
            }
            State::Value(_) | State::NoData(_) | State::Error(_) => {}
        }
    }
    for delivery in deliveries {
        if let Fate::Failed { error } = &delivery.fate
            && fail_on != FailOn::Never
        {
            tracing::error!("not delivered to {}: {error}", delivery.sink);
        }
    }
}

/// Waits for a signal that ends the run.
async fn signal() -> io::Result<Signal> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            result = tokio::signal::ctrl_c() => result.map(|()| Signal::Interrupt),
            _ = terminate.recv() => Ok(Signal::Terminate),
        }
    }
    #[cfg(not(unix))]
    {
        tokio::signal::ctrl_c().await.map(|()| Signal::Interrupt)
    }
}
