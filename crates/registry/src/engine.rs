//! Runs metrics beside each other, each under its own deadline inside the run's. Whatever one metric
//! does, the others are collected: it runs in a task of its own, and the engine stops waiting for it
//! on time even when it never gives control back.

use std::{collections::BTreeSet, fmt, sync::Arc, time::Duration};

use futures::{StreamExt, stream::FuturesUnordered};
use tokio::{
    runtime::Handle,
    time::{Instant, timeout_at},
};

use crate::{
    Catalog, Context, Metric, Outcome, Reading, Run, SharedError, State, Unavailable, panic,
    series::check_distinct, task::Task,
};

/// How long a metric may take that does not say so itself.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// Collects the metrics of a catalog.
///
/// ```
/// use system_health_registry::{Catalog, Context, Engine, State, system_health_metric};
///
/// /// The answer.
/// #[system_health_metric(key = "answer")]
/// fn answer() -> u8 {
///     42
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), system_health_registry::CatalogError> {
/// let run = Engine::new().run(&Catalog::linked()?, &Context::new()).await;
/// assert!(matches!(&run.outcomes()[0].state, State::Value(samples) if samples[0].value() == 42.0));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Engine {
    observer: Option<Arc<Observer>>,
    workers: Option<Handle>,
}

type Observer = dyn Fn(Progress<'_>) + Send + Sync;

/// How far a run has come, for a display that follows it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// A metric is being collected.
    Started(&'a Metric),
    /// A metric has its outcome.
    Finished(&'a Outcome),
}

#[derive(Debug, thiserror::Error)]
#[error("no result within {}{}", humantime::format_duration(*.limit), waiting_for(.waiting))]
struct TimedOut {
    limit: Duration,
    waiting: Vec<&'static str>,
}

impl Engine {
    /// An engine without an observer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells the observer how far a run has come, step by step, from the task that called [`Engine::run`].
    #[must_use]
    pub fn with_observer(mut self, observer: impl Fn(Progress<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Runs the collectors on another runtime than the one that runs the engine, so that even collectors
    /// which block all its threads cannot keep the engine from ending on time.
    #[must_use]
    pub fn with_workers(mut self, workers: Handle) -> Self {
        self.workers = Some(workers);
        self
    }

    /// Collects every metric of the catalog, all at once, until the context's deadline at the latest.
    /// Dropping the future stops the metrics.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub async fn run(&self, catalog: &Catalog, context: &Context) -> Run {
        let started = Instant::now();
        let longest = catalog.metrics().iter().map(time_limit).max().unwrap_or(DEFAULT_TIMEOUT);
        // The last moment at which any metric could still use a resource.
        let horizon = earlier(context.deadline(), started.checked_add(longest));
        let workers = self.workers.clone().unwrap_or_else(Handle::current);
        let mut running: FuturesUnordered<_> = catalog
            .metrics()
            .iter()
            .map(|metric| {
                self.observe(Progress::Started(metric));
                collect(metric, context, started, horizon, &workers)
            })
            .collect();
        let mut outcomes = Vec::with_capacity(catalog.metrics().len());
        while let Some(outcome) = running.next().await {
            self.observe(Progress::Finished(&outcome));
            outcomes.push(outcome);
        }
        outcomes.sort_by_key(|outcome| outcome.metric.key());
        Run { started_at: context.started_at(), duration: started.elapsed(), outcomes }
    }

    fn observe(&self, progress: Progress<'_>) {
        if let Some(observer) = &self.observer {
            observer(progress);
        }
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

/// Starts a metric's task at once; the returned future waits for it as long as the metric may take.
fn collect(
    metric: &Metric,
    context: &Context,
    started: Instant,
    horizon: Option<Instant>,
    workers: &Handle,
) -> impl Future<Output = Outcome> + use<> {
    let metric = *metric;
    let (own_context, waiting) = context.for_metric(horizon);
    let mut task = Task::from(workers.spawn(async move { metric.collect(own_context).await }));
    let deadline = earlier(context.deadline(), started.checked_add(time_limit(&metric)));
    async move {
        let finished = match deadline {
            Some(deadline) => timeout_at(deadline, &mut task).await,
            None => Ok((&mut task).await),
        };
        let state = match finished {
            Ok(Ok(reading)) => state_of(&metric, reading),
            Ok(Err(broken)) => State::Error(SharedError::new(panic::describe("the collector", broken))),
            Err(_) => {
                let limit = deadline.map_or(Duration::ZERO, |deadline| deadline - started);
                State::Error(SharedError::new(TimedOut {
                    limit: nearly_whole(limit),
                    waiting: waiting.names(),
                }))
            }
        };
        Outcome { metric, state, duration: started.elapsed() }
    }
}

fn time_limit(metric: &Metric) -> Duration {
    metric.timeout().unwrap_or(DEFAULT_TIMEOUT)
}

fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    one.into_iter().chain(other).min()
}

/// What is left of a limit when the engine starts is a bit less than the limit that people set.
fn nearly_whole(duration: Duration) -> Duration {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(millis.div_ceil(10).saturating_mul(10))
}

fn waiting_for(resources: &[&str]) -> String {
    if resources.is_empty() {
        String::new()
    } else {
        format!(", still waiting for {}", resources.join(" and "))
    }
}

fn state_of(metric: &Metric, reading: Result<Reading, Unavailable>) -> State {
    match reading {
        // A report adds its own tags and checks again.
        Ok(Reading::Value(samples)) => match check_distinct(&BTreeSet::new(), metric, &samples) {
            Ok(()) => State::Value(samples),
            Err(error) => State::Error(SharedError::new(error)),
        },
        Ok(Reading::NoData(no_data)) | Err(Unavailable::NoData(no_data)) => State::NoData(no_data),
        Err(Unavailable::Error(error)) => State::Error(error),
    }
}
