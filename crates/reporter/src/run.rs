//! A run, from the first collector to the last receipt.

use std::{
    collections::BTreeMap,
    slice,
    sync::Arc,
    time::{Duration, SystemTime},
};

use futures::future::{join_all, try_join_all};
use system_health_registry::{
    ApiCalls, Context, Descriptions, Engine, Event, Events, Kind, Outcome, PastRuns, Point, Report,
    ResponseCache, ResponseStore, Run, RunHistory, SharedError, Tag,
    trace::{ERROR, Service, delivery_span},
};
use system_health_state::{Recipient, Store};
use tokio::time::{Instant, timeout_at};
use tracing::{Instrument, Span};

use crate::{
    Delivery, DeliveryResult, FinishedRun, Mode, Preview, Receipt, Reporter, ReporterError, StateError,
    announcer::events_to_show,
    courier::Courier,
    deadlines::{self, Deadlines, delivery_reserve},
    descriptions,
    error::Chain,
    events,
    guard::{self, Connecting},
    name::{reporter_name, with_name},
    past_runs::RecordedRuns,
    responses::Responses,
    run_trace::RunTrace,
    self_metrics::{MetricResult, RunResult, SelfMetricsInput},
    service_run::RunPlan,
    state::{CurrentStore, Recorded, RunState},
    target::Target,
};

/// A run in progress.
pub(crate) struct RunInProgress<'a> {
    reporter: &'a Reporter,
    plan: RunPlan<'a>,
    targets: &'a [Target],
    context: Context,
    /// The events that collectors attach. Like `api_calls`, they are provided: a resource that the run has to build is missing if a
    /// collector asks for it first and then blocks all threads.
    events: Events,
    api_calls: ApiCalls,
    responses: Arc<Responses>,
    past_runs: Arc<RecordedRuns>,
    started: Instant,
    /// The deadline of everything except sending the trace.
    end: Instant,
    /// The time that is reserved for the delivery.
    reserve: Duration,
    /// The descriptions of all metrics, including those about the reporter.
    descriptions: Descriptions,
    trace: RunTrace<'a>,
}

/// The results of collecting and connecting.
struct CollectedRun {
    run: Run,
    state: RunState,
    connecting: Vec<Connecting>,
    /// The tag with the reporter's name.
    name: Option<Tag>,
}

impl<'a> RunInProgress<'a> {
    /// Runs from the start to the end.
    pub(crate) async fn run(
        reporter: &'a Reporter,
        plan: RunPlan<'a>,
        mode: Mode,
        targets: &'a [Target],
        started_at: SystemTime,
    ) -> Result<FinishedRun, ReporterError> {
        let trace = RunTrace::start(reporter.tracing.as_ref(), &Service::from_tags(&reporter.tags), mode);
        let (started, full_deadline) = (Instant::now(), reporter.report.deadline);
        // The trace is sent after everything else.
        let deadline = full_deadline.saturating_sub(trace.reserve(full_deadline));
        let end = deadlines::run_end(started, deadline);
        let reserve = if mode == Mode::Push { delivery_reserve(deadline) } else { Duration::ZERO };
        let context = reporter.process.context_at(started_at);
        let (responses, past_runs) = (Responses::new(), RecordedRuns::new(reporter.align));
        let (events, api_calls) = (Events::default(), ApiCalls::default());
        let context = context
            .with_deadline(deadline.saturating_sub(reserve))
            .provide(events.clone())
            .provide(api_calls.clone())
            .provide(ResponseCache::new(Arc::clone(&responses) as Arc<dyn ResponseStore>))
            .provide(RunHistory::new(Arc::clone(&past_runs) as Arc<dyn PastRuns>));
        let catalogs = [&reporter.catalog].into_iter().chain(&reporter.self_metrics);
        let descriptions = descriptions::from_catalogs(catalogs);
        let run = Self {
            reporter,
            plan,
            targets,
            context,
            events,
            api_calls,
            responses,
            past_runs,
            started,
            end,
            reserve,
            descriptions,
            trace,
        };
        let finished = run.collect_and_deliver(mode).instrument(run.trace.span()).await;
        let Self { trace, .. } = run;
        trace.record(finished.as_ref().map(|finished| &*finished.report));
        let is_kept = finished.as_ref().is_ok_and(|finished| !finished.state_is_unusable);
        let folder = (reporter.keeps_state && is_kept).then(|| reporter.state.folder().ok()).flatten();
        let full_end = deadlines::run_end(started, full_deadline);
        let trace = trace.finish(folder, full_end, &reporter.interruption).await;
        finished.map(|finished| FinishedRun { trace, ..finished })
    }

    async fn collect_and_deliver(&self, mode: Mode) -> Result<FinishedRun, ReporterError> {
        let CollectedRun { run, state, connecting, name } = self.collect(mode).await?;
        self.responses.write().await;
        let report = self.report(run, &self.reporter.tags);
        // Sources describe their metrics during the run, when the sinks are already connected.
        self.descriptions.add(descriptions::from_sources(&report));
        let goals = self.judge_goals(report.run());
        let report = Arc::new(report.with_goals(goals));
        let recipients: Vec<Recipient> = match mode {
            Mode::Push => self
                .targets
                .iter()
                .map(|target| target.recipient(self.reporter.align, self.reporter.watching_since.get()))
                .collect(),
            Mode::Collect | Mode::DryRun => Vec::new(),
        };
        let recorded = state.record(&report, &recipients).await?;
        if mode == Mode::Push && !self.reporter.keeps_state {
            self.reporter.watching_since.restart();
        }
        descriptions::remember(&report, &recorded.current).await;
        let interruption = &self.reporter.interruption;
        let reporter_name = reporter_name(name.as_ref()).get().map(str::to_owned);
        let mut self_metrics_report = None;
        let deliveries = match mode {
            _ if interruption.has_happened() => self.interrupted(mode, &state).await,
            Mode::Collect => Vec::new(),
            Mode::DryRun => self.preview(&report, &state, name).await?,
            Mode::Push => {
                let pushing = self.push(connecting, &report, &state, &recipients, recorded, name);
                match interruption.run_until_interrupted(pushing).await {
                    Some(pushed) => {
                        let (deliveries, self_metrics) = pushed?;
                        self_metrics_report = self_metrics;
                        deliveries
                    }
                    None => self.interrupted(mode, &state).await,
                }
            }
        };
        let current = state.current().await;
        if !interruption.has_happened() {
            if mode == Mode::Push {
                current.drop_abandoned(&recipients).await;
            }
            current.prune(self.reporter.state.keep).await;
        }
        let events = events::attached_events(&report, &self.events.attached());
        let unmatched = self.reporter.selection.take_unmatched(report.run());
        Ok(FinishedRun {
            report,
            self_metrics_report,
            reporter_name,
            deliveries,
            events,
            unmatched,
            state_is_unusable: current.is_wanted() && !current.is_kept(),
            trace: None,
        })
    }

    /// Collects the metrics. At the same time, connects the sinks and opens the state. If there are sources, the state
    /// is opened first, because it contains the descriptions of their metrics.
    async fn collect(&self, mode: Mode) -> Result<CollectedRun, ReporterError> {
        let (engine, catalog) = (&self.reporter.engine, &*self.plan.catalog);
        let engine = &match mode {
            Mode::DryRun => engine.clone().with_request_plans(),
            Mode::Collect | Mode::Push => engine.clone(),
        };
        let opening = self.open_state();
        let connecting = self.reporter.interruption.run_until_interrupted(self.connect(mode));
        let connecting = async { connecting.await.unwrap_or_default() };
        if catalog.sources().is_empty() {
            let (run, (connecting, name), state) =
                tokio::join!(engine.run(catalog, &self.context), connecting, opening);
            return Ok(CollectedRun { run, state: state?, connecting, name });
        }
        let state = opening.await?;
        let (current, selection) = (state.current(), &self.reporter.selection);
        let catalog = descriptions::with_remembered_descriptions(catalog, &current.await, selection).await;
        let catalog = catalog.remembering_for(self.reporter.state.keep);
        // A source does not run if `only` cannot match its metrics.
        if self.reporter.catalog.metrics().is_empty() && catalog.sources().is_empty() {
            self.reporter.selection.check_without_metrics(mode)?;
        }
        let (run, (connecting, name)) = tokio::join!(engine.run(&catalog, &self.context), connecting);
        Ok(CollectedRun { run, state, connecting, name })
    }

    /// The results of the goals of two metrics. If a source was skipped, a metric without an outcome may belong to that source.
    /// Goals of such a metric are left out, as if the metric was skipped by its key. But if another source was unavailable, the
    /// metric may belong to the unavailable source. Then no goal is left out.
    fn judge_goals(&self, run: &Run) -> Vec<Outcome> {
        let is_source_unavailable = || run.sources().iter().any(|source| source.result.is_err());
        if self.reporter.selection.skipped_sources().next().is_none() || is_source_unavailable() {
            return self.plan.goals.judge(run);
        }
        let has_outcome = |key: &str| run.outcomes().iter().any(|outcome| outcome.metric.key() == key);
        self.plan.goals.clone().into_owned().filter(has_outcome).judge(run)
    }

    async fn open_state(&self) -> Result<RunState, StateError> {
        let state = if self.reporter.keeps_state {
            RunState::open(self.reporter.state.folder(), self.end - self.reserve, self.end).await?
        } else {
            RunState::disabled(self.end)?
        };
        let current = state.current().await;
        self.responses.open(&current);
        self.past_runs.open(&current);
        Ok(state)
    }

    /// Determines the reporter's name, and starts to connect the sinks of a push.
    async fn connect(&self, mode: Mode) -> (Vec<Connecting>, Option<Tag>) {
        if mode == Mode::Collect {
            return (Vec::new(), None);
        }
        let named = self.reporter.name.tag(self.context.clone());
        let name = timeout_at(self.end - self.reserve, named).await.ok().flatten();
        if mode == Mode::DryRun {
            return (Vec::new(), name);
        }
        let context = self.context_of_sinks(name.as_ref());
        let targets = self.targets.iter();
        let connecting = targets.map(|target| Connecting::start(&target.destination, context.clone()));
        (connecting.collect(), name)
    }

    /// The resources of sinks: the reporter's name, and the descriptions of the metrics.
    fn context_of_sinks(&self, name: Option<&Tag>) -> Context {
        self.context.clone().provide(reporter_name(name)).provide(self.descriptions.clone())
    }

    /// Delivers a report to all destinations concurrently. Then delivers the metrics about the reporter itself, which
    /// contain the numbers of all receipts.
    async fn push(
        &self,
        connecting: Vec<Connecting>,
        report: &Arc<Report>,
        state: &RunState,
        recipients: &[Recipient],
        recorded: Recorded,
        name: Option<Tag>,
    ) -> Result<(Vec<Delivery>, Option<Arc<Report>>), StateError> {
        let attached = self.events_to_announce();
        let delivering = self.targets.iter().zip(connecting).map(|(target, connecting)| {
            let span = span_of(target, "values");
            let delivering =
                self.deliver_and_announce(target, connecting, state, recorded.clone(), report, &attached);
            delivering.instrument(span)
        });
        let (couriers, mut receipts): (Vec<(Courier<'_>, CurrentStore)>, Vec<Receipt>) =
            join_all(delivering).await.into_iter().unzip();
        let tagged = couriers.iter().zip(&receipts);
        let tagged = tagged.map(|((courier, _), receipt)| (courier.target.tags.clone(), receipt.clone()));
        // The metrics about the reporter would report interrupted metrics as failures.
        let self_metrics_report = if self.reporter.end_of_collection.has_happened() {
            None
        } else {
            self.self_metrics_report(report, tagged.collect(), state, name).await.map(Arc::new)
        };
        if let Some(self_metrics_report) = &self_metrics_report {
            let recorded = state.record(self_metrics_report, recipients).await?;
            let delivering = couriers.iter().zip(&mut receipts);
            let delivering = delivering.map(|((courier, previous), receipt)| {
                let span = span_of(courier.target, "metrics about the reporter");
                courier.deliver_self_metrics(&recorded, previous, receipt).instrument(span)
            });
            join_all(delivering).await;
        }
        let checking = couriers.iter().zip(&mut receipts);
        join_all(checking.map(|((courier, _), receipt)| courier.check(receipt))).await;
        let deliveries = couriers.iter().zip(receipts);
        let deliveries = deliveries
            .map(|((courier, _), receipt)| delivery(courier.target, DeliveryResult::Pushed(receipt)));
        Ok((deliveries.collect(), self_metrics_report))
    }

    /// The deliveries of an interrupted push. Points whose fate is not known are still in the outboxes.
    async fn interrupted(&self, mode: Mode, state: &RunState) -> Vec<Delivery> {
        if mode != Mode::Push {
            return Vec::new();
        }
        let kept = state.current().await.is_kept();
        let targets = self.targets.iter();
        targets.map(|target| delivery(target, DeliveryResult::Interrupted { kept })).collect()
    }

    /// Delivers a report and the events to a destination. Also returns the store from which the points were delivered.
    async fn deliver_and_announce(
        &self,
        target: &'a Target,
        connecting: Connecting,
        state: &RunState,
        recorded: Recorded,
        report: &Arc<Report>,
        attached: &[Event],
    ) -> ((Courier<'a>, CurrentStore), Receipt) {
        let deadlines = Deadlines::new(self.end, self.reserve);
        let sink = connecting.wait_until(deadlines.points).await;
        let recipient = target.recipient(self.reporter.align, self.reporter.watching_since.get());
        let courier = Courier { target, recipient, sink, timestamp: report.timestamp(), deadlines };
        let announces = self.reporter.report.events;
        let (mut receipt, Recorded { current, .. }) = courier.deliver(state, recorded, report).await;
        // An error about events must not affect the points.
        let announcing = async {
            courier.record_events(&current, report, attached, announces).await?;
            if announces { courier.announce(&current, &mut receipt).await } else { Ok(()) }
        };
        if let Err(error) = announcing.await {
            tracing::warn!(
                "not all events are sent, because their state cannot be stored: {}",
                Chain(&error)
            );
        }
        if let Some(error) = &receipt.error {
            Span::current().record(ERROR, error);
        }
        ((courier, current), receipt)
    }

    /// The events that collectors have attached, if events are sent.
    fn events_to_announce(&self) -> Vec<Event> {
        if self.reporter.report.events { self.events.attached() } else { Vec::new() }
    }

    /// Previews what a push would deliver.
    async fn preview(
        &self,
        report: &Arc<Report>,
        state: &RunState,
        name: Option<Tag>,
    ) -> Result<Vec<Delivery>, ReporterError> {
        let context = self.context_of_sinks(name.as_ref());
        let self_metrics_report = self.self_metrics_report(report, Vec::new(), state, name).await;
        let attached = self.events_to_announce();
        let mut deliveries = Vec::with_capacity(self.targets.len());
        for target in self.targets {
            let (destination, address) = (&*target.destination, target.destination.address());
            let failed = |error| ReporterError::Preview { sink: destination.sink(), error };
            tracing::info!("dry run: nothing is sent to {address}");
            let mut points = self.points_for(target, report, state).await?;
            let series = points.len();
            points.extend(self_metrics_report.iter().flat_map(Report::points));
            let self_metrics = points.len() - series;
            let payload = guard::preview(destination, context.clone(), &points, &[], self.end);
            let payload = payload.await.map_err(failed)?;
            let events = self.events_for(target, report, state, &attached).await?;
            let events = events.iter().map(|event| {
                guard::preview(destination, context.clone(), &[], slice::from_ref(event), self.end)
            });
            let events = try_join_all(events).await.map_err(failed)?;
            let preview = Preview { series, self_metrics, payload, events };
            deliveries.push(delivery(target, DeliveryResult::DryRun(preview)));
        }
        Ok(deliveries)
    }

    /// The points of a report as a push would deliver them to a destination, such as increases in place of totals.
    async fn points_for(
        &self,
        target: &Target,
        report: &Arc<Report>,
        state: &RunState,
    ) -> Result<Vec<Point>, StateError> {
        let points: Vec<Point> = report.points().collect();
        if !points.iter().any(|point| matches!(point.kind, Kind::Counter | Kind::Distribution)) {
            return Ok(points);
        }
        let current = state.current().await;
        let recipient = target.recipient(self.reporter.align, self.reporter.watching_since.get());
        let recipient = current.recipient(recipient);
        let report = Arc::clone(report);
        current.ask(current.store(), move |store| store.points_for(&report, &recipient)).await
    }

    /// The events that a push would send to a destination.
    async fn events_for(
        &self,
        target: &Target,
        report: &Report,
        state: &RunState,
        attached: &[Event],
    ) -> Result<Vec<Event>, ReporterError> {
        let current = state.current().await;
        let max_age =
            target.capabilities.max_event_age.filter(|_| self.reporter.report.events && current.is_kept());
        let Some(max_age) = max_age else { return Ok(Vec::new()) };
        let attached = events::collector_events(report, attached, max_age);
        let pending = events_to_show(&target.outbox, &current, report, attached, max_age).await?;
        let unreadable = |error| ReporterError::Preview {
            sink: target.destination.sink(),
            error: SharedError::new(error).into(),
        };
        pending.iter().map(|event| events::parse(event).map_err(unreadable)).collect()
    }

    /// Collects the metrics about the reporter itself, if they are enabled.
    async fn self_metrics_report(
        &self,
        report: &Report,
        receipts: Vec<(Vec<Tag>, Receipt)>,
        state: &RunState,
        name: Option<Tag>,
    ) -> Option<Report> {
        let catalog = self.reporter.self_metrics.as_ref()?;
        let current = state.current().await;
        let last_value_times =
            current.ask(current.store(), Store::last_value_times).await.unwrap_or_else(|error| {
                tracing::warn!("cannot read the times of the last values: {}", Chain(&error));
                BTreeMap::new()
            });
        let input = SelfMetricsInput::from(RunResult {
            timestamp: report.timestamp(),
            metric_results: report.run().outcomes().iter().map(MetricResult::from).collect(),
            sources: report.run().sources().to_vec(),
            duration: self.started.elapsed(),
            receipts,
            last_value_times,
            api_calls: self.api_calls.clone(),
            skipped_slots: self.plan.skipped_slots,
        });
        let context = Context::starting_at(report.run().started_at()).provide(input);
        let run = Engine::new().run(catalog, &context).await;
        Some(self.report(run, &with_name(&self.reporter.tags, name)))
    }

    fn report(&self, run: Run, tags: &[Tag]) -> Report {
        Report::new(run, tags.iter().cloned()).aligned(self.reporter.align).with_trace(self.trace.id())
    }
}

/// The span of a delivery to a destination. `what` says what is delivered.
fn span_of(target: &Target, what: &'static str) -> Span {
    delivery_span(target.destination.sink(), &target.destination.address(), what)
}

fn delivery(target: &Target, result: DeliveryResult) -> Delivery {
    Delivery { sink: target.destination.sink(), address: target.destination.address(), result }
}
