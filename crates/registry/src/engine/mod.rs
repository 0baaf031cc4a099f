//! Collects metrics concurrently. Each metric has its own timeout within the run's deadline and runs in a task of its own, so
//! the others are collected even if one panics or never ends.
//!
//! Metrics about subjects are collected for a limited number of subjects at once. So a run over thousands of repositories
//! needs no more memory and connections than a run over a few.

mod admission;
mod collection;
mod task_runner;

use std::{
    fmt,
    num::NonZero,
    sync::Arc,
    time::{Duration, SystemTime},
};

use futures::StreamExt;
use tokio::{runtime::Handle, time::Instant};

use crate::{
    Catalog, Context, Instants, Interruption, Metric, Outcome, OutcomeState, Reading, RequestPlan, Run,
    SubjectLabel, Unavailable, call::AbandonedCalls, run::sort_outcomes,
};
use collection::{Collection, CollectionResult};

/// The timeout of a metric or a source that has none of its own.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// Default of the maximum number of subjects whose metrics are collected at once.
const DEFAULT_CONCURRENCY: NonZero<usize> = NonZero::new(16).unwrap();

/// Collects the metrics of a catalog.
///
/// ```
/// use system_health_registry::{Catalog, Context, Engine, system_health_metric};
///
/// /// The answer to every question.
/// #[system_health_metric(key = "answer")]
/// fn answer() -> u8 {
///     42
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), system_health_registry::CatalogError> {
/// let run = Engine::new().run(&Catalog::linked()?, &Context::new()).await;
/// assert_eq!(run.outcomes()[0].samples()[0].value(), 42.0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Engine {
    observer: Option<Arc<Observer>>,
    workers: Option<Handle>,
    concurrency: NonZero<usize>,
    subject_filter: Option<Arc<SubjectFilter>>,
    interruption: Interruption,
    shows_requests: bool,
    abandoned_calls: Arc<AbandonedCalls>,
}

type SubjectFilter = dyn Fn(&str) -> bool + Send + Sync;

type Observer = dyn Fn(Progress<'_>) + Send + Sync;

/// The progress of a run, for a display.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// The run will have at most this number of further outcomes: for the metrics without subjects, for the metrics of one
    /// type of subjects, or for the metrics of one source.
    Planned {
        /// The number of outcomes.
        outcomes: usize,
    },
    /// A metric is being collected.
    Started(&'a Metric, Option<&'a SubjectLabel>),
    /// A metric has its outcome.
    Finished(&'a Outcome),
}

impl Engine {
    /// An engine without an observer.
    #[must_use]
    pub fn new() -> Self {
        Self {
            observer: None,
            workers: None,
            concurrency: DEFAULT_CONCURRENCY,
            subject_filter: None,
            interruption: Interruption::never(),
            shows_requests: false,
            abandoned_calls: Arc::default(),
        }
    }

    /// Sets an observer of the progress. It is called from the task that called [`Engine::run`].
    #[must_use]
    pub fn with_observer(mut self, observer: impl Fn(Progress<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Sets another runtime for the collectors. Then the engine ends on time even if collectors block all threads of that
    /// runtime.
    #[must_use]
    pub fn with_workers(mut self, workers: Handle) -> Self {
        self.workers = Some(workers);
        self
    }

    /// Sets the maximum number of subjects of a type whose metrics are collected at once. Default: 16.
    #[must_use]
    pub fn with_concurrency(mut self, subjects: NonZero<usize>) -> Self {
        self.concurrency = subjects;
        self
    }

    /// Sets a filter for the names of subjects. It is called once for each listed subject. Default: all subjects.
    #[must_use]
    pub fn with_subject_filter(mut self, keep: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.subject_filter = Some(Arc::new(keep));
        self
    }

    /// Sets a signal that ends a run early. The metrics that have no result by then get an error that says so.
    ///
    /// ```
    /// use system_health_registry::{Catalog, Context, Engine, Interruption, OutcomeState, system_health_metric};
    ///
    /// /// An answer that takes forever.
    /// #[system_health_metric(key = "long.answer")]
    /// async fn long_answer() -> u8 {
    ///     std::future::pending().await
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), system_health_registry::CatalogError> {
    /// let engine = Engine::new().with_interruption(Interruption::new(async {}));
    /// let run = engine.run(&Catalog::linked()?, &Context::new()).await;
    /// assert_eq!(run.outcomes()[0].state(), OutcomeState::Error);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_interruption(mut self, interruption: Interruption) -> Self {
        self.interruption = interruption;
        self
    }

    /// Makes the gates estimate the requests of the run as exactly as possible, because somebody sees the estimates: see
    /// [`Run::request_plans`]. By default, a gate need not ask the API how many requests remain if the run is small.
    #[must_use]
    pub fn with_request_plans(mut self) -> Self {
        self.shows_requests = true;
        self
    }

    /// Collects every metric of the catalog until the context's deadline. Afterwards, each gate has at least two seconds for
    /// [`Gate::finish`](crate::Gate::finish). If the future is dropped, collecting is aborted.
    ///
    /// # Panics
    /// Panics outside a Tokio runtime.
    pub async fn run(&self, catalog: &Catalog, context: &Context) -> Run {
        let started = Instant::now();
        let collection = Collection::new(self, catalog, context, started);
        let mut outcomes = Vec::with_capacity(catalog.metrics().len());
        let mut sources = Vec::new();
        let mut request_plans: Vec<RequestPlan> = Vec::new();
        let mut results = collection.results();
        while let Some(result) = results.next().await {
            match result {
                CollectionResult::Outcome(_, outcome) => {
                    self.observe(Progress::Finished(&outcome));
                    outcomes.push(outcome);
                }
                CollectionResult::Source(source) => sources.push(source),
                CollectionResult::Requests(plan) => request_plans.push(plan),
            }
        }
        sort_outcomes(&mut outcomes);
        request_plans.sort_by_key(|plan| plan.api);
        sources.sort_by(|one, other| one.name.cmp(&other.name));
        let duration = started.elapsed();
        let run = Run { started_at: context.started_at(), duration, outcomes, sources, request_plans };
        for gate in catalog.gates() {
            let left = context.deadline().map(|deadline| deadline.saturating_duration_since(Instant::now()));
            admission::finish(*gate, context, &run, left).await;
        }
        run
    }

    /// Collects the metrics of the catalog that [can be computed for the past](crate::Facts::can_backfill), for each of the
    /// instants. Each outcome is passed to `keep` with its instant, as soon as it is available. An outcome without an instant is
    /// the outcome for all instants. Returns the requests that were expected.
    ///
    /// This is one run: each resource is built once for all instants, except those with [`Scope::Metric`](crate::Scope). So a
    /// list is read once, back to the start of the first instant's window. The metrics of a subject are
    /// collected for one instant after the other. Outcomes have no evidence.
    ///
    /// After an interruption, the remaining outcomes are missing. If a metric reaches a limit of a gate, this is an error,
    /// because the limit says nothing about the past. [`Gate::finish`](crate::Gate::finish) is not called.
    ///
    /// # Panics
    /// Panics outside a Tokio runtime.
    pub async fn backfill(
        &self,
        catalog: &Catalog,
        context: &Context,
        instants: &Instants,
        mut keep: impl AsyncFnMut(Option<SystemTime>, Outcome),
    ) -> Vec<RequestPlan> {
        let catalog = catalog.clone().only_backfill();
        let collection = Collection::new(self, &catalog, context, Instant::now()).with_instants(instants);
        let mut request_plans = Vec::new();
        let mut results = collection.results();
        while let Some(result) = results.next().await {
            match result {
                CollectionResult::Outcome(instant, mut outcome) => {
                    self.observe(Progress::Finished(&outcome));
                    outcome.result = outcome.result.map(Reading::without_evidence);
                    if outcome.state() != OutcomeState::Error || !self.interruption.has_happened() {
                        keep(instant, outcome).await;
                    }
                }
                CollectionResult::Requests(plan) => request_plans.push(plan),
                CollectionResult::Source(_) => {}
            }
        }
        request_plans
    }

    /// The requests that [`backfill`](Self::backfill) is expected to make. This only lists the subjects and asks
    /// the gates.
    ///
    /// # Panics
    /// Panics outside a Tokio runtime.
    pub async fn plan_backfill(
        &self,
        catalog: &Catalog,
        context: &Context,
        instants: &Instants,
    ) -> Result<Vec<RequestPlan>, Unavailable> {
        let (engine, catalog) = (self.clone().with_request_plans(), catalog.clone().only_backfill());
        let collection = Collection::new(&engine, &catalog, context, Instant::now()).with_instants(instants);
        collection.request_plans().await
    }

    fn observe(&self, progress: Progress<'_>) {
        if let Some(observer) = &self.observer {
            observer(progress);
        }
    }
}

impl Default for Engine {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("concurrency", &self.concurrency).finish_non_exhaustive()
    }
}
