//! Adds values for past instants to the history, so that it is not empty on the first day. Nothing is delivered, and goals,
//! events and counters do not change.

use std::{
    collections::BTreeMap,
    mem,
    sync::Arc,
    time::{Duration, SystemTime},
};

use system_health_registry::{
    Instants, Metric, Outcome, OutcomeState, Report, RequestPlan, Run, Tag, Unavailable,
};
use system_health_state::{BackfillResult, BackfilledOutcome, PastSample, Store};
use tokio::sync::Notify;

use crate::{
    Reporter, ReporterError, StateError,
    state::{ask_store, open_store},
};

/// Maximum number of outcomes that are recorded in one transaction.
const BATCH_SIZE: usize = 500;

/// What a backfill has computed, or would compute.
#[derive(Debug, Clone)]
pub struct Backfill {
    /// The instants.
    pub instants: Instants,
    /// The selected metrics that can be computed for the past, sorted by key.
    pub metrics: Vec<BackfilledMetric>,
    /// The selected metrics that cannot be computed for the past, sorted by key.
    pub only_now: Vec<Metric>,
    /// The names of the selected sources. A source knows only current values, so it is not called.
    pub sources: Vec<Arc<str>>,
    /// The requests that were expected.
    pub request_plans: Vec<RequestPlan>,
    /// Whether the backfill was interrupted.
    pub is_interrupted: bool,
    /// The last instant up to which every metric and subject with results is finished. Other metrics and subjects have no
    /// results yet. `None` if there are no results.
    pub complete_until: Option<SystemTime>,
}

/// What a backfill has computed for a metric.
#[derive(Debug, Clone)]
pub struct BackfilledMetric {
    /// The metric.
    pub metric: Metric,
    /// The number of outcomes, one for each subject and instant, that were added to the history.
    pub added: u64,
    /// The number of outcomes that an earlier backfill had added with the same values.
    pub known: u64,
    /// The number of outcomes for which a run has a result at the same time. The result of the run is kept.
    pub kept_from_runs: u64,
    /// The outcomes that differ from those of an earlier backfill. The earlier ones are kept.
    pub differences: Vec<BackfillDifference>,
    /// Why the other outcomes have no value. Nothing is recorded about them.
    pub without_value: Vec<WithoutValue>,
}

/// Values that differ from those of an earlier backfill.
#[derive(Debug, Clone, PartialEq)]
pub struct BackfillDifference {
    /// The name of the subject; empty if the metric has no subjects.
    pub subject: String,
    /// The instant.
    pub time: SystemTime,
    /// The values of the earlier backfill.
    pub stored: Vec<PastSample>,
    /// The values that were computed now.
    pub computed: Vec<PastSample>,
}

/// Why there is no value at some instants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithoutValue {
    /// The name of the subject; empty if the metric has no subjects, or if they could not be listed.
    pub subject: String,
    /// No data or an error.
    pub state: OutcomeState,
    /// The reason, or the error with all causes.
    pub reason: String,
    /// The instants, the earliest first.
    pub instants: Vec<SystemTime>,
}

/// A backfill in progress.
struct BackfillProgress<'a> {
    backfill: Backfill,
    store: Arc<Store>,
    tags: &'a [Tag],
    /// The outcomes that are not recorded yet.
    waiting: Vec<(SystemTime, Outcome)>,
    /// The last finished instant of each metric and subject.
    reached: BTreeMap<(String, String), SystemTime>,
    failure: Option<StateError>,
}

impl Reporter {
    /// Computes the selected metrics that [can be computed for the past](system_health_registry::Facts::can_backfill) for
    /// each of the instants, and adds the values to the history. What the history already has is not changed, so a backfill can
    /// be repeated, for example after an interruption. The backfill ends after `deadline`, or at the first error of the state. What
    /// it has recorded until then is kept.
    ///
    /// # Panics
    /// Panics outside a Tokio runtime.
    pub async fn backfill(&self, instants: &Instants, deadline: Duration) -> Result<Backfill, ReporterError> {
        let store = open_store(self.state.folder()?).await?;
        let context = self.process.context().with_deadline(deadline);
        let mut progress = BackfillProgress {
            backfill: self.empty_backfill(instants),
            store,
            tags: &self.tags,
            waiting: Vec::new(),
            reached: BTreeMap::new(),
            failure: None,
        };
        let has_failed = Notify::new();
        let keep = async |instant, outcome| {
            progress.keep(instant, outcome).await;
            if progress.failure.is_some() {
                has_failed.notify_one();
            }
        };
        let request_plans = tokio::select! {
            biased;
            // Nothing more can be recorded, so nothing more is requested.
            () = has_failed.notified() => Vec::new(),
            request_plans = self.engine.backfill(&self.catalog, &context, instants, keep) => request_plans,
        };
        progress.record().await;
        if let Some(failure) = progress.failure {
            return Err(failure.into());
        }
        let (is_interrupted, complete_until) = (self.interruption.has_happened(), progress.complete_until());
        Ok(Backfill { request_plans, is_interrupted, complete_until, ..progress.backfill })
    }

    /// What a [backfill](Self::backfill) would compute, and how many requests it would make. Lists the subjects, and computes and
    /// records nothing.
    ///
    /// # Panics
    /// Panics outside a Tokio runtime.
    pub async fn plan_backfill(
        &self,
        instants: &Instants,
        deadline: Duration,
    ) -> Result<Backfill, Unavailable> {
        let context = self.process.context().with_deadline(deadline);
        let request_plans = self.engine.plan_backfill(&self.catalog, &context, instants).await?;
        Ok(Backfill { request_plans, ..self.empty_backfill(instants) })
    }

    fn empty_backfill(&self, instants: &Instants) -> Backfill {
        let (metrics, only_now): (Vec<_>, Vec<_>) = self
            .catalog
            .metrics()
            .iter()
            .filter(|metric| metric.source().is_none())
            .cloned()
            .partition(|metric| metric.can_backfill());
        let sources = self.catalog.sources().iter().map(|source| Arc::clone(source.name()));
        Backfill {
            instants: *instants,
            metrics: metrics.into_iter().map(BackfilledMetric::new).collect(),
            only_now,
            sources: sources.collect(),
            request_plans: Vec::new(),
            is_interrupted: false,
            complete_until: None,
        }
    }
}

impl Backfill {
    /// Whether something could not be computed because of an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        let mut without = self.metrics.iter().flat_map(|metric| &metric.without_value);
        without.any(|without| without.state == OutcomeState::Error)
    }

    /// Whether a value differs from that of an earlier backfill.
    #[must_use]
    pub fn has_differences(&self) -> bool {
        self.metrics.iter().any(|metric| !metric.differences.is_empty())
    }

    fn metric(&mut self, key: &str) -> Option<&mut BackfilledMetric> {
        self.metrics.iter_mut().find(|metric| metric.metric.key() == key)
    }
}

impl BackfilledMetric {
    fn new(metric: Metric) -> Self {
        Self {
            metric,
            added: 0,
            known: 0,
            kept_from_runs: 0,
            differences: Vec::new(),
            without_value: Vec::new(),
        }
    }

    fn add(&mut self, BackfilledOutcome { subject, time, result, .. }: BackfilledOutcome) {
        match result {
            BackfillResult::Added => self.added += 1,
            BackfillResult::Equal => self.known += 1,
            BackfillResult::KeptFromRun => self.kept_from_runs += 1,
            BackfillResult::Different { stored, computed } => {
                self.differences.push(BackfillDifference { subject, time, stored, computed });
            }
        }
    }

    fn add_without_value(&mut self, subject: &str, unavailable: &Unavailable, instants: Vec<SystemTime>) {
        let (state, reason) = match unavailable {
            Unavailable::NoData(no_data) => (OutcomeState::NoData, no_data.reason().to_owned()),
            Unavailable::Error(error) => (OutcomeState::Error, error.to_string()),
        };
        let is_same = |known: &&mut WithoutValue| {
            (known.state, &*known.subject, &known.reason) == (state, subject, &reason)
        };
        if let Some(known) = self.without_value.iter_mut().find(is_same) {
            known.instants.extend(instants);
        } else {
            let subject = subject.to_owned();
            self.without_value.push(WithoutValue { subject, state, reason, instants });
        }
    }
}

impl BackfillProgress<'_> {
    async fn keep(&mut self, instant: Option<SystemTime>, outcome: Outcome) {
        let key = outcome.metric.key();
        let subject = subject_name(&outcome);
        if let Some(instant) = instant {
            self.reached.insert((key.to_owned(), subject.to_owned()), instant);
        }
        let instants =
            instant.map_or_else(|| self.backfill.instants.iter().collect(), |instant| vec![instant]);
        match (&outcome.result, instant) {
            (Err(unavailable), _) => {
                if let Some(metric) = self.backfill.metric(key) {
                    metric.add_without_value(subject, unavailable, instants);
                }
            }
            (Ok(_), Some(instant)) => self.waiting.push((instant, outcome)),
            // A value always has an instant. Only no data and errors may be for all instants.
            (Ok(_), None) => {}
        }
        if self.waiting.len() >= BATCH_SIZE {
            self.record().await;
        }
    }

    /// Records the waiting outcomes. After a failure, nothing more is recorded.
    async fn record(&mut self) {
        let waiting = mem::take(&mut self.waiting);
        if waiting.is_empty() || self.failure.is_some() {
            return;
        }
        let mut by_instant = BTreeMap::<SystemTime, Vec<Outcome>>::new();
        for (instant, outcome) in waiting {
            by_instant.entry(instant).or_default().push(outcome);
        }
        let tags = self.tags;
        let report =
            |(instant, outcomes)| Report::new(Run::from_past(instant, outcomes), tags.iter().cloned());
        let reports: Vec<Report> = by_instant.into_iter().map(report).collect();
        for run in reports.iter().map(Report::run) {
            for outcome in run.outcomes() {
                // If the tags of the report make two series equal, the outcome becomes an error.
                if let Err(unavailable) = &outcome.result
                    && let Some(metric) = self.backfill.metric(outcome.metric.key())
                {
                    metric.add_without_value(subject_name(outcome), unavailable, vec![run.started_at()]);
                }
            }
        }
        match ask_store(&self.store, move |store| store.backfill(&reports)).await {
            Ok(all) => {
                for backfilled in all {
                    if let Some(metric) = self.backfill.metric(&backfilled.key) {
                        metric.add(backfilled);
                    }
                }
            }
            Err(error) => self.failure = Some(error),
        }
    }

    /// The last instant up to which every metric and subject with results is finished.
    fn complete_until(&self) -> Option<SystemTime> {
        self.reached.values().min().copied()
    }
}

fn subject_name(outcome: &Outcome) -> &str {
    outcome.subject.as_ref().map_or("", |subject| subject.name())
}
