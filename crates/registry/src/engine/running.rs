//! A run under way: metrics without a subject and sources start at once; subjects follow each other.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Duration,
};

use futures::{
    FutureExt, Stream, StreamExt,
    stream::{self, BoxStream, FuturesUnordered},
};
use tokio::{runtime::Handle, time::Instant};

use super::{
    DEFAULT_TIMEOUT, Engine, Progress,
    bounded::{Bounds, earlier},
};
use crate::{
    Catalog, Context, Metric, Outcome, Reading, Source, SourceOutcome, SubjectLabel, Unavailable,
    metric::{Collect, Origin},
    series::check_distinct,
    subject::{AnySubject, SubjectType},
};

/// What one part of a run found.
pub(super) enum Found {
    Outcome(Outcome),
    Source(SourceOutcome),
}

/// A run under way.
pub(super) struct Running<'a> {
    engine: &'a Engine,
    catalog: &'a Catalog,
    context: Context,
    bounds: Bounds,
}

/// A metric that a function collects.
type Function = (Metric, Arc<Collect>);

impl<'a> Running<'a> {
    pub(super) fn new(engine: &'a Engine, catalog: &'a Catalog, context: &Context, started: Instant) -> Self {
        let workers = engine.workers.clone().unwrap_or_else(Handle::current);
        let bounds = Bounds { workers, end: context.deadline() };
        Self { engine, catalog, context: context.until(horizon(catalog, context, started)), bounds }
    }

    /// All that the run finds, in the order in which it does.
    pub(super) fn all(&self) -> impl Stream<Item = Found> + use<'_, 'a> {
        let mut alone = Vec::new();
        let mut by_subject = BTreeMap::<_, (SubjectType, Vec<Function>)>::new();
        for metric in self.catalog.metrics() {
            let Origin::Function { collect, subject } = metric.origin() else { continue };
            let function = (metric.clone(), Arc::clone(collect));
            match subject {
                None => alone.push(function),
                Some(subject) => by_subject.entry(subject.id).or_insert((*subject, vec![])).1.push(function),
            }
        }
        let mut all = stream::SelectAll::<BoxStream<'_, Found>>::new();
        self.engine.observe(Progress::Planned { outcomes: alone.len() });
        all.push(self.collect_all(&alone, &self.context, None).map(Found::Outcome).boxed());
        for (subject, functions) in by_subject.into_values() {
            all.push(self.each(subject, functions).map(Found::Outcome).boxed());
        }
        let sources: FuturesUnordered<_> =
            self.catalog.sources().iter().map(|source| self.source(source)).collect();
        all.push(sources.flat_map(stream::iter).boxed());
        all
    }

    /// The outcomes of metrics that are collected at once.
    fn collect_all(
        &self,
        functions: &[Function],
        context: &Context,
        subject: Option<&Arc<SubjectLabel>>,
    ) -> FuturesUnordered<impl Future<Output = Outcome> + use<>> {
        functions.iter().map(|function| self.collect(function, context, subject)).collect()
    }

    fn collect(
        &self,
        (metric, collect): &Function,
        context: &Context,
        subject: Option<&Arc<SubjectLabel>>,
    ) -> impl Future<Output = Outcome> + use<> {
        self.engine.observe(Progress::Started(metric, subject.map(Arc::as_ref)));
        let started = Instant::now();
        let collect = Arc::clone(collect);
        let result =
            self.bounds.run("the collector", context, time_limit(metric), move |context| collect(context));
        let (metric, subject) = (metric.clone(), subject.cloned());
        async move {
            let result = result.await.and_then(|reading| checked(&metric, subject.as_deref(), reading));
            Outcome { metric, subject, result, duration: started.elapsed() }
        }
    }

    /// The outcomes of metrics for each of their subjects.
    fn each(
        &self,
        subject: SubjectType,
        functions: Vec<Function>,
    ) -> impl Stream<Item = Outcome> + use<'_, 'a> {
        let started = Instant::now();
        let longest = longest(functions.iter().map(|(metric, _)| metric));
        let subjects = self
            .bounds
            .run("the list of subjects", &self.context, longest, move |context| subject.list(context));
        let outcomes = async move {
            let mut subjects = subjects.await;
            if let (Ok(subjects), Some(keep)) = (&mut subjects, &self.engine.subjects) {
                subjects.retain(|subject| keep(subject.label.name()));
            }
            let count = subjects.as_ref().map_or(1, Vec::len);
            self.engine.observe(Progress::Planned { outcomes: count * functions.len() });
            match subjects {
                Ok(subjects) => stream::iter(subjects)
                    .map(move |subject| self.about(&subject, &functions, longest))
                    .flatten_unordered(self.engine.concurrency.get())
                    .left_stream(),
                Err(unavailable) => {
                    let unlisted = functions.into_iter().map(move |(metric, _)| Outcome {
                        metric,
                        subject: None,
                        result: Err(unavailable.clone()),
                        duration: started.elapsed(),
                    });
                    stream::iter(unlisted).right_stream()
                }
            }
        };
        outcomes.into_stream().flatten()
    }

    /// The outcomes of metrics for one subject. Its resources are dropped with the stream.
    fn about(
        &self,
        subject: &AnySubject,
        functions: &[Function],
        longest: Duration,
    ) -> impl Stream<Item = Outcome> + use<> {
        let horizon = earlier(self.bounds.end, Instant::now().checked_add(longest));
        let context = self.context.for_subject(&subject.value, horizon);
        let outcomes = self.collect_all(functions, &context, Some(&subject.label));
        outcomes.map(move |outcome| {
            let _until_all_are_done = &context;
            outcome
        })
    }

    /// The outcome of a source, and those of its metrics.
    fn source(&self, source: &'a Source) -> impl Future<Output = Vec<Found>> + use<'_, 'a> {
        let started = Instant::now();
        let limit = source.timeout().unwrap_or(DEFAULT_TIMEOUT);
        let described =
            self.bounds.run("the source", &self.context, limit, |context| source.collect(context));
        async move {
            let described = described.await;
            let duration = started.elapsed();
            let (result, returned, refused, results) = match described {
                Ok(described) => {
                    let count = described.len();
                    let keys: HashSet<String> =
                        described.iter().map(|it| it.facts.key().to_owned()).collect();
                    let (accepted, refused) = self.catalog.accept(source, described);
                    let returned = accepted.iter().map(|(metric, _)| metric.key().to_owned());
                    (Ok(count), returned.filter(|key| keys.contains(key)).collect(), refused, accepted)
                }
                Err(unavailable) => {
                    let known = self.catalog.described_by(source).cloned();
                    let results = known.map(|metric| (metric, Err(unavailable.clone()))).collect();
                    (Err(unavailable), Vec::new(), Vec::new(), results)
                }
            };
            let name = Arc::clone(source.name());
            let source = SourceOutcome { name, result, returned, refused, duration };
            let outcomes = results.into_iter().map(|(metric, result)| {
                let result = result.and_then(|reading| checked(&metric, None, reading));
                Found::Outcome(Outcome { metric, subject: None, result, duration })
            });
            outcomes.chain([Found::Source(source)]).collect()
        }
    }
}

/// The last moment at which any metric could still use a resource of the run. The time of subjects is not known
/// before they are listed.
fn horizon(catalog: &Catalog, context: &Context, started: Instant) -> Option<Instant> {
    if catalog.metrics().iter().any(|metric| metric.subject_type().is_some()) {
        return context.deadline();
    }
    let sources = catalog.sources().iter().map(|source| source.timeout().unwrap_or(DEFAULT_TIMEOUT));
    let longest = longest(catalog.metrics()).max(sources.max().unwrap_or_default());
    earlier(context.deadline(), started.checked_add(longest))
}

fn longest<'m>(metrics: impl IntoIterator<Item = &'m Metric>) -> Duration {
    metrics.into_iter().map(time_limit).max().unwrap_or(DEFAULT_TIMEOUT)
}

fn time_limit(metric: &Metric) -> Duration {
    metric.timeout().unwrap_or(DEFAULT_TIMEOUT)
}

/// Refuses samples that share a series. A report adds its own tags and checks again.
fn checked(
    metric: &Metric,
    subject: Option<&SubjectLabel>,
    reading: Reading,
) -> Result<Reading, Unavailable> {
    check_distinct(metric, subject, reading.samples())?;
    Ok(reading)
}
