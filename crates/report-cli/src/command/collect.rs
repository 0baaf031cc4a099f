//! `report` without a command: collect, deliver, print, in that order, so that a reader of stdout who
//! has gone away cannot keep values from being delivered.

use std::{collections::BTreeMap, env, path::PathBuf, sync::Arc, time::Duration};

use anyhow::bail;
use indicatif::ProgressBar;
use system_health_registry::{
    Catalog, Context, Engine, Events, Point, Report, Run, Settings, Sink, Tag, Unavailable,
};
use system_health_state::{GoalState, PendingEvent, Store, StoreError};
use tokio::{
    runtime::Handle,
    time::{Instant, timeout_at},
};

use super::{exit_reason, runtime, select::Selection};
use crate::{
    args::{CollectArguments, FailOn, Format},
    datadog::Datadog,
    delivery::{self, Courier, Deadlines, Delivery, Receipt},
    events,
    exit::Status,
    output::{JsonReport, MarkdownReport, Stdout, TableReport},
    progress,
    reporter::Reporter,
    self_metrics::{self, Ending, Facts, FinishedRun},
    settings::{self, ReportSettings, StateSettings},
    state::{self, State},
    tags,
};

/// Points of longer slots could be too old for Datadog at the slot's end, or after one failed delivery.
const LONGEST_SLOT: Duration = Duration::from_mins(30);

/// What one run does, with nothing left to be refused.
struct Plan {
    catalog: Catalog,
    about_itself: Option<Catalog>,
    settings: Settings,
    tags: Vec<Tag>,
    reporter: Reporter,
    align: Duration,
    deadline: Duration,
    keep: Duration,
    /// Where state is kept, if it is.
    folder: Option<anyhow::Result<PathBuf>>,
    fail_on: FailOn,
    events: bool,
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
    catalog: &Catalog,
    stdout: Stdout,
    progress: &ProgressBar,
    quiet: bool,
) -> anyhow::Result<Status> {
    let plan = Plan::new(arguments, catalog, stdout)?;
    let failed = match plan.action {
        Action::Push(_) => Status::DeliveryFailed,
        Action::Print | Action::DryRun(_) => Status::MetricFailed,
    };
    let show_progress = !arguments.no_progress && !quiet;
    let status = runtime::block_on(progress, show_progress, failed, |workers| plan.run(workers, progress));
    if let Ok(Status::Interrupted(_)) = status {
        tracing::error!("what was not delivered yet waits in the outbox, if there is one");
    }
    status
}

impl Plan {
    fn new(arguments: &CollectArguments, catalog: &Catalog, stdout: Stdout) -> anyhow::Result<Self> {
        let settings = settings::load(&arguments.settings, &arguments.repository)?;
        let report: ReportSettings = settings.table()?;
        let state_settings: StateSettings = settings.table()?;
        let dd_tags = env::var("DD_TAGS").ok();
        let action = match (arguments.push, arguments.dry_run) {
            (true, _) => Action::Push(Datadog::new(&settings)?),
            (_, true) => Action::DryRun(Datadog::new(&settings)?),
            _ => Datadog::check(&settings).map(|()| Action::Print)?,
        };
        let selection = Selection::new(catalog, &arguments.only, &arguments.skip)?;
        let (catalog, about_itself) = self_metrics::split(catalog)?;
        let self_metrics = report.self_metrics && !arguments.no_self_metrics;
        let align = slot(arguments.align.or(report.align))?;
        let folder = || state::folder(&arguments.state.folder, &state_settings);
        let tags = tags::base(&report, dd_tags.as_deref())?;
        let reporter = Reporter::new(&settings, &report, &tags, &arguments.only, &arguments.skip)?;
        Ok(Self {
            catalog: selection.of(catalog)?,
            about_itself: self_metrics.then(|| selection.without_skipped(about_itself)),
            tags,
            reporter,
            align,
            deadline: arguments.deadline.unwrap_or(report.deadline),
            keep: state_settings.keep,
            folder: (!arguments.state.no_state).then(folder),
            fail_on: arguments.fail_on.unwrap_or(report.fail_on),
            events: report.events && !arguments.no_events,
            settings,
            action,
            stdout,
        })
    }

    async fn run(mut self, workers: Handle, progress: &ProgressBar) -> anyhow::Result<Status> {
        let started = Instant::now();
        let end = runtime::end(started, self.deadline);
        let reserve = match self.action {
            Action::Push(_) => delivery::reserve(self.deadline),
            Action::Print | Action::DryRun(_) => Duration::ZERO,
        };
        let context = Context::new()
            .provide(self.settings.clone())
            .with_deadline(self.deadline.saturating_sub(reserve));
        let engine = Engine::new().with_workers(workers).with_observer(progress::follow(progress));
        let folder = self.folder.take();
        // The API key is looked up and the state opened while the metrics are collected.
        let (run, sink, state) = tokio::join!(
            engine.run(&self.catalog, &context),
            self.sink(&context, end),
            open_state(folder, end - reserve, end)
        );
        let mut state = state?;
        let report = Arc::new(self.report(run, &self.tags));
        let deliveries = match &self.action {
            Action::Print => {
                state.record(&report, None).await?;
                Vec::new()
            }
            Action::DryRun(datadog) => {
                state.record(&report, None).await?;
                vec![self.dry_run(datadog, &report, &state, &context, started).await?]
            }
            Action::Push(datadog) => {
                let courier = Courier {
                    sink: &sink,
                    limits: Datadog::LIMITS,
                    outbox: &datadog.outbox(),
                    timestamp: report.timestamp(),
                    deadlines: Deadlines::new(end, reserve),
                };
                vec![self.push(&courier, &report, &mut state, &context, started).await?]
            }
        };
        state.prune(self.keep).await;
        progress.finish_and_clear();
        exit_reason::log(&report, &deliveries, self.fail_on);
        let status = Status::of(&report, &deliveries, self.fail_on);
        let text = match self.stdout.form() {
            Format::Markdown => MarkdownReport::new(&report, &deliveries).to_string(),
            _ => self
                .stdout
                .format(TableReport::new(&report, &deliveries), JsonReport::new(&report, &deliveries))?,
        };
        runtime::print(self.stdout, text, end, status).await
    }

    async fn sink(&self, context: &Context, end: Instant) -> Result<Box<dyn Sink>, Unavailable> {
        let Action::Push(datadog) = &self.action else {
            return Err(Unavailable::no_data("nothing is to be delivered"));
        };
        timeout_at(end, datadog.sink(context))
            .await
            .unwrap_or_else(|_| Err("no API key before the run's deadline".into()))
    }

    fn report(&self, run: Run, tags: &[Tag]) -> Report {
        Report::new(run, tags.iter().cloned()).aligned(self.align)
    }

    /// Delivers a report, and then what there is to say about that.
    async fn push(
        &self,
        courier: &Courier<'_>,
        report: &Arc<Report>,
        state: &mut State,
        context: &Context,
        started: Instant,
    ) -> anyhow::Result<Delivery> {
        let mut run = state.record(report, Some(courier.outbox)).await?;
        let mut receipt = loop {
            match courier.deliver(state, run).await {
                Ok(receipt) => break receipt,
                // The run is not lost with the store: what was delivered already replaces itself.
                Err(error) => run = state.record_anew(error, report, Some(courier.outbox)).await?,
            }
        };
        // Events are worth a lot, but not the values.
        let announced = async {
            self.record_events(courier, report, state, context).await?;
            if self.events { courier.announce(state, &mut receipt).await } else { Ok(()) }
        };
        if let Err(error) = announced.await {
            tracing::warn!("cannot keep track of events, and sends none: {error:#}");
        }
        if let Some(about_itself) = self.about_itself(report, Some(&receipt), state, context, started).await {
            let run = state.record(&Arc::new(about_itself), Some(courier.outbox)).await?;
            courier.deliver_self_metrics(state, run, &mut receipt).await;
        }
        courier.check(&mut receipt).await;
        Ok(Delivery::pushed(receipt))
    }

    /// Writes down which goals are met, and the events of a run, which are sent once, whichever run does it.
    async fn record_events(
        &self,
        courier: &Courier<'_>,
        report: &Arc<Report>,
        state: &State,
        context: &Context,
    ) -> anyhow::Result<()> {
        let events = self.events;
        let attached = if events { self.attached(report, context).await } else { Vec::new() };
        if !state.is_kept() {
            // Nobody would know what was sent before.
            if !attached.is_empty() {
                tracing::warn!("the events of collectors are not sent: no state folder keeps track of them");
            }
            return Ok(());
        }
        let (outbox, report) = (courier.outbox.to_owned(), Arc::clone(report));
        state
            .ask(state.store(), move |store| {
                let goals = events::goal_states(&report);
                store.record_goals(&outbox, report.timestamp(), &goals, |flipped| {
                    if events { events::of_flips(&report, flipped) } else { Vec::new() }
                })?;
                if attached.is_empty() { Ok(()) } else { store.add_events(&outbox, &attached) }
            })
            .await
    }

    /// The events that collectors have attached.
    async fn attached(&self, report: &Report, context: &Context) -> Vec<PendingEvent> {
        let attached: Events = context.get().await.unwrap_or_default();
        events::of_collectors(report, attached.attached(), Datadog::LIMITS.max_event_age.unwrap_or_default())
    }

    /// The events that a push would send now.
    async fn events_to_show(
        &self,
        datadog: &Datadog,
        report: &Report,
        state: &State,
        context: &Context,
    ) -> anyhow::Result<Vec<serde_json::Value>> {
        if !self.events || !state.is_kept() {
            return Ok(Vec::new());
        }
        let (outbox, goals, timestamp) = (datadog.outbox(), events::goal_states(report), report.timestamp());
        let attached = self.attached(report, context).await;
        let (flipped, attached) = state
            .ask(state.store(), move |store| {
                let flipped: Vec<GoalState> =
                    store.flipped(&outbox, timestamp, &goals)?.into_iter().cloned().collect();
                let mut new = store.pending_events(&outbox)?;
                for event in attached {
                    if !store.knows_event(&outbox, &event.id)? {
                        new.push(event);
                    }
                }
                Ok::<_, StoreError>((flipped, new))
            })
            .await?;
        let flips = events::of_flips(report, &flipped.iter().collect::<Vec<_>>());
        flips.iter().chain(&attached).map(|event| datadog.event(&events::read(event)?)).collect()
    }

    /// Shows what a push would deliver.
    async fn dry_run(
        &self,
        datadog: &Datadog,
        report: &Report,
        state: &State,
        context: &Context,
        started: Instant,
    ) -> anyhow::Result<Delivery> {
        let about_itself = self.about_itself(report, None, state, context, started).await;
        let points: Vec<Point> =
            report.points().chain(about_itself.iter().flat_map(Report::points)).collect();
        let events = self.events_to_show(datadog, report, state, context).await?;
        Ok(Delivery::dry_run(datadog.payload(&points)?, points.len(), events))
    }

    /// Collects the metrics about the reporter itself, unless they are not wanted.
    async fn about_itself(
        &self,
        report: &Report,
        receipt: Option<&Receipt>,
        state: &State,
        context: &Context,
        started: Instant,
    ) -> Option<Report> {
        let catalog = self.about_itself.as_ref()?;
        let last_values = state.ask(state.store(), Store::last_values).await.unwrap_or_else(|error| {
            tracing::warn!("cannot read when metrics last had a value: {error:#}");
            BTreeMap::new()
        });
        let finished = FinishedRun::from(Facts {
            timestamp: report.timestamp(),
            endings: report.run().outcomes().iter().map(Ending::from).collect(),
            duration: started.elapsed(),
            receipt: receipt.cloned(),
            last_values,
            api_calls: context.get().await.unwrap_or_default(),
        });
        let tags = self.reporter.tags(&self.tags, context).await;
        let context = Context::starting_at(report.run().started_at()).provide(finished);
        Some(self.report(Engine::new().run(catalog, &context).await, &tags))
    }
}

/// The schedule slot, if it is one that Datadog's limits allow.
pub(super) fn slot(align: Option<Duration>) -> anyhow::Result<Duration> {
    let align = align.unwrap_or_default();
    if align > LONGEST_SLOT {
        bail!(
            "--align, or `align` in [report], is {align:?}; it may be at most 30m, because Datadog takes no points of more than an hour ago"
        );
    }
    Ok(align)
}

/// The state in a folder, or without one in memory.
async fn open_state(
    folder: Option<anyhow::Result<PathBuf>>,
    early_enough: Instant,
    deadline: Instant,
) -> anyhow::Result<State> {
    match folder {
        Some(folder) => State::open(folder, early_enough, deadline).await,
        None => State::unwanted(deadline),
    }
}
