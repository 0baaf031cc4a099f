//! Runs metrics beside each other, each under its own timeout inside the run's deadline. Whatever one metric does, the
//! others are collected: it runs in a task of its own, and the engine stops waiting for it on time even when it never
//! gives control back.
//!
//! Metrics about subjects are collected subject by subject, a bounded number of them at once, so a run over thousands
//! of repositories needs no more memory and connections than one over a few.

mod bounded;
mod running;

use std::{fmt, num::NonZero, sync::Arc, time::Duration};

use futures::StreamExt;
use tokio::{runtime::Handle, time::Instant};

use crate::{Catalog, Context, Metric, Outcome, Run, SubjectLabel};
use running::{Found, Running};

/// How long a metric may take that has no timeout of its own.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// Maximum number of subjects whose metrics are collected at once, unless set.
const DEFAULT_CONCURRENCY: NonZero<usize> = NonZero::new(16).unwrap();

/// Collects the metrics of a catalog.
///
/// ```
/// use system_health_registry::{Catalog, Context, Engine, system_health_metric};
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
/// assert_eq!(run.outcomes()[0].samples()[0].value(), 42.0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Engine {
    observer: Option<Arc<Observer>>,
    workers: Option<Handle>,
    concurrency: NonZero<usize>,
    subjects: Option<Arc<SubjectFilter>>,
}

type SubjectFilter = dyn Fn(&str) -> bool + Send + Sync;

type Observer = dyn Fn(Progress<'_>) + Send + Sync;

/// How far a run has come, for a display that follows it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// There will be so many more outcomes: the metrics without subjects, or those of a type of subjects times their
    /// number.
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
        Self { observer: None, workers: None, concurrency: DEFAULT_CONCURRENCY, subjects: None }
    }

    /// Tells the observer how far a run has come, step by step, from the task that called [`Engine::run`].
    #[must_use]
    pub fn with_observer(mut self, observer: impl Fn(Progress<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Runs the collectors on another runtime than the one that runs the engine, so that even collectors which block
    /// all its threads cannot keep the engine from ending on time.
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

    /// Collects metrics about subjects only for those whose names the condition accepts. It is asked once for each
    /// listed subject. Default: all of them.
    #[must_use]
    pub fn with_subjects(mut self, keep: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.subjects = Some(Arc::new(keep));
        self
    }

    /// Collects every metric of the catalog, until the context's deadline at the latest. Dropping the future stops the
    /// metrics.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub async fn run(&self, catalog: &Catalog, context: &Context) -> Run {
        let started = Instant::now();
        let running = Running::new(self, catalog, context, started);
        let mut outcomes = Vec::with_capacity(catalog.metrics().len());
        let mut sources = Vec::new();
        let mut found = running.all();
        while let Some(found) = found.next().await {
            match found {
                Found::Outcome(outcome) => {
                    self.observe(Progress::Finished(&outcome));
                    outcomes.push(outcome);
                }
                Found::Source(source) => sources.push(source),
            }
        }
        outcomes.sort_by(|one, other| {
            (one.metric.key(), &one.subject).cmp(&(other.metric.key(), &other.subject))
        });
        sources.sort_by(|one, other| one.name.cmp(&other.name));
        Run { started_at: context.started_at(), duration: started.elapsed(), outcomes, sources }
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
