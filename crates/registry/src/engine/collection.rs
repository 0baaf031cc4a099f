//! One collection of a catalog. Sources and metrics without subjects start as soon as possible; subjects wait for their turn.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use futures::{
    FutureExt, Stream, StreamExt,
    future::ready,
    stream::{self, BoxStream, FuturesUnordered},
};
use tokio::{runtime::Handle, time::Instant};
use tracing::Span;

use super::{
    DEFAULT_TIMEOUT, Engine, Progress,
    admission::{Admission, Decisions, MAX_GATE_TIME},
    task_runner::{TaskRunner, earlier},
};
use crate::{
    Catalog, Context, DescribedReading, Instants, Metric, Outcome, Reading, RequestPlan, Source,
    SourceOutcome, SubjectLabel, Unavailable,
    call::Call,
    check_key,
    collected_keys::CollectedKeys,
    collecting::working_for,
    gate::revised,
    kind_check::check_kind,
    metric::{CollectFn, CollectedBy},
    series::check_distinct,
    subject::{AnySubject, SubjectType},
    trace::{metric_span, record, source_span, subjects_span},
};

/// The result of one part of the collection.
pub(super) enum CollectionResult {
    /// The outcome of a metric, with its instant in a backfill. The instant is `None` in an ordinary run, and for an outcome that
    /// is the same for all instants.
    Outcome(Option<SystemTime>, Outcome),
    Source(SourceOutcome),
    Requests(RequestPlan),
}

/// A collection in progress.
pub(super) struct Collection<'a> {
    engine: &'a Engine,
    catalog: &'a Catalog,
    context: Context,
    runner: TaskRunner,
    /// The keys of the metrics that sources have returned.
    returned: Mutex<HashSet<String>>,
}

/// A metric that a function collects.
type Function = (Metric, Arc<CollectFn>);

impl<'a> Collection<'a> {
    pub(super) fn new(engine: &'a Engine, catalog: &'a Catalog, context: &Context, started: Instant) -> Self {
        let workers = engine.workers.clone().unwrap_or_else(Handle::current);
        let interruption = engine.interruption.clone();
        let runner = TaskRunner { workers, deadline: context.deadline(), interruption };
        let context = context.until(last_use(catalog, context, started));
        let context = context.provide(CollectedKeys::new(catalog));
        Self { engine, catalog, context, runner, returned: Mutex::default() }
    }

    /// The same collection, for each of these instants instead of for now.
    pub(super) fn with_instants(mut self, instants: &Instants) -> Self {
        // The instants are collected one after the other, so the time at which the last one is collected is not known.
        self.context = self.context.until(self.runner.deadline).with_instants(Some(*instants));
        self
    }

    /// The results, each as soon as it is available.
    pub(super) fn results(&self) -> impl Stream<Item = CollectionResult> + use<'_, 'a> {
        let (without_subjects, by_subject_type) = self.functions();
        let mut results = stream::SelectAll::<BoxStream<'_, CollectionResult>>::new();
        results.push(self.without_subjects(without_subjects).boxed());
        for (subject_type, functions) in by_subject_type {
            results.push(self.for_each_subject(subject_type, functions).boxed());
        }
        let sources: FuturesUnordered<_> =
            self.catalog.sources().iter().map(|source| self.source(source)).collect();
        results.push(sources.flat_map(stream::iter).boxed());
        results
    }

    /// The requests that the gates expect. Nothing is collected.
    pub(super) async fn request_plans(&self) -> Result<Vec<RequestPlan>, Unavailable> {
        let (without_subjects, by_subject_type) = self.functions();
        let metrics = |functions: &[Function]| functions.iter().map(|(metric, _)| metric.clone()).collect();
        let mut plans = Vec::new();
        if !without_subjects.is_empty() {
            plans.extend(self.admission().decide(None, metrics(&without_subjects), &[]).await.requests);
        }
        for (subject_type, functions) in by_subject_type {
            let subjects = self.subjects(subject_type, &functions).await?;
            plans.extend(
                self.admission().decide(Some(subject_type), metrics(&functions), &subjects).await.requests,
            );
        }
        plans.sort_by_key(|plan| plan.api);
        Ok(plans)
    }

    /// The metrics that functions collect: those without subjects, and those about each type of subjects.
    fn functions(&self) -> (Vec<Function>, Vec<(SubjectType, Vec<Function>)>) {
        let mut without_subjects = Vec::new();
        let mut by_subject_type = BTreeMap::<_, (SubjectType, Vec<Function>)>::new();
        for metric in self.catalog.metrics() {
            let CollectedBy::Function { collect, subject_type } = metric.collected_by() else { continue };
            let function = (metric.clone(), Arc::clone(collect));
            match subject_type {
                None => without_subjects.push(function),
                Some(subject_type) => {
                    let (_, functions) =
                        by_subject_type.entry(subject_type.id).or_insert((*subject_type, vec![]));
                    functions.push(function);
                }
            }
        }
        (without_subjects, by_subject_type.into_values().collect())
    }

    /// The number of instants for which each metric is collected. An ordinary run has one.
    fn instant_count(&self) -> usize {
        self.context.instants().map_or(1, Instants::len)
    }

    /// The outcomes of metrics that are collected concurrently. In a backfill, the metrics are collected for one instant after
    /// the other, until there is an interruption.
    fn collect_all(
        &self,
        functions: Arc<[Function]>,
        context: Context,
        subject: Option<Arc<SubjectLabel>>,
    ) -> impl Stream<Item = CollectionResult> + use<'_, 'a> {
        let instants = match self.context.instants() {
            None => stream::iter([None]).left_stream(),
            Some(instants) => {
                let goes_on = move |_: &Option<SystemTime>| ready(!self.engine.interruption.has_happened());
                stream::iter(instants.iter().map(Some)).take_while(goes_on).right_stream()
            }
        };
        instants.flat_map(move |instant| {
            let collect = |function| self.collect(function, &context, subject.as_ref(), instant);
            functions.iter().map(collect).collect::<FuturesUnordered<_>>()
        })
    }

    fn collect(
        &self,
        (metric, collect): &Function,
        context: &Context,
        subject: Option<&Arc<SubjectLabel>>,
        instant: Option<SystemTime>,
    ) -> impl Future<Output = CollectionResult> + use<> {
        self.engine.observe(Progress::Started(metric, subject.map(Arc::as_ref)));
        let started = Instant::now();
        let collect = Arc::clone(collect);
        let context = context.for_collection(metric, subject, instant);
        let worked_for = metric.clone();
        let span = metric_span(metric, subject.map(Arc::as_ref));
        let name = match subject {
            Some(subject) => format!("{} of {subject}", metric.key()),
            None => metric.key().to_owned(),
        };
        let result = self.call(name, "the collector", &span, &context, time_limit(metric), move |context| {
            working_for(worked_for, collect(context))
        });
        let (metric, subject) = (metric.clone(), subject.cloned());
        // In a backfill, the gates must not turn an error into no data: a limit that is reached now says nothing about the past.
        let gates = if instant.is_some() { Vec::new() } else { self.catalog.gates().to_vec() };
        async move {
            let result = result.await.and_then(|reading| checked(&metric, subject.as_deref(), reading));
            let result = result.map_err(|unavailable| revised(&gates, unavailable));
            record(&span, &result);
            drop(context);
            CollectionResult::Outcome(
                instant,
                Outcome { metric, subject, result, duration: started.elapsed() },
            )
        }
    }

    /// Calls a collector or a source, unless its call in an earlier run is still running. `what` is for the error after a panic.
    fn call<T, F, W>(
        &self,
        name: String,
        what: &'static str,
        span: &Span,
        context: &Context,
        limit: Duration,
        work: W,
    ) -> impl Future<Output = Result<T, Unavailable>> + use<T, F, W>
    where
        T: Send + 'static,
        W: FnOnce(Context) -> F,
        F: Future<Output = Result<T, Unavailable>> + Send + 'static,
    {
        let abandoned = Arc::clone(&self.engine.abandoned_calls);
        let call = Call::default();
        let own_call = call.clone();
        let called = abandoned.check(&name).map(|()| {
            self.runner.run(what, span, context, limit, move |context| own_call.work(work(context)))
        });
        async move {
            let result = called?.await;
            abandoned.add(name, call);
            result
        }
    }

    /// The outcomes of metrics without subjects.
    fn without_subjects(
        &self,
        functions: Vec<Function>,
    ) -> impl Stream<Item = CollectionResult> + use<'_, 'a> {
        let outcomes = async move {
            let metrics: Vec<_> = functions.iter().map(|(metric, _)| metric.clone()).collect();
            let decisions = if metrics.is_empty() {
                Decisions::default()
            } else {
                self.admission().decide(None, metrics, &[]).await
            };
            let (results, functions) = without_skipped(functions, decisions, &[None]);
            let to_collect = functions.len() * self.instant_count();
            self.engine.observe(Progress::Planned { outcomes: outcome_count(&results) + to_collect });
            let outcomes = self.collect_all(functions.into(), self.context.clone(), None);
            stream::iter(results).chain(outcomes)
        };
        outcomes.into_stream().flatten()
    }

    /// The outcomes of metrics for each of their subjects.
    fn for_each_subject(
        &self,
        subject_type: SubjectType,
        functions: Vec<Function>,
    ) -> impl Stream<Item = CollectionResult> + use<'_, 'a> {
        let started = Instant::now();
        let longest_limit = longest_time_limit(functions.iter().map(|(metric, _)| metric));
        let subjects = self.subjects(subject_type, &functions);
        let outcomes = async move {
            match subjects.await {
                Ok(subjects) => {
                    let metrics = functions.iter().map(|(metric, _)| metric.clone()).collect();
                    let decisions = self.admission().decide(Some(subject_type), metrics, &subjects).await;
                    let labels: Vec<_> =
                        subjects.iter().map(|subject| Some(Arc::clone(&subject.label))).collect();
                    let (results, functions) = without_skipped(functions, decisions, &labels);
                    let functions: Arc<[Function]> = functions.into();
                    // A subject with an error has one outcome for all instants.
                    let instant_count = |subject: &AnySubject| match subject.error {
                        Some(_) => 1,
                        None => self.instant_count(),
                    };
                    let to_collect = functions.len() * subjects.iter().map(instant_count).sum::<usize>();
                    self.engine.observe(Progress::Planned { outcomes: outcome_count(&results) + to_collect });
                    let outcomes = stream::iter(subjects)
                        .map(move |subject| {
                            self.for_one_subject(&subject, Arc::clone(&functions), longest_limit)
                        })
                        .flatten_unordered(self.engine.concurrency.get());
                    stream::iter(results).chain(outcomes).left_stream()
                }
                Err(unavailable) => {
                    self.engine.observe(Progress::Planned { outcomes: functions.len() });
                    let metrics = functions.into_iter().map(|(metric, _)| metric).collect();
                    let unlisted = without_collection(metrics, None, &unavailable, started.elapsed());
                    stream::iter(unlisted).right_stream()
                }
            }
        };
        outcomes.into_stream().flatten()
    }

    fn admission(&self) -> Admission<'_> {
        let for_display = self.engine.shows_requests;
        Admission { catalog: self.catalog, context: &self.context, runner: &self.runner, for_display }
    }

    /// The subjects of a type, without those that the engine leaves out.
    fn subjects(
        &self,
        subject_type: SubjectType,
        functions: &[Function],
    ) -> impl Future<Output = Result<Vec<AnySubject>, Unavailable>> + use<'_, 'a> {
        let longest_limit = longest_time_limit(functions.iter().map(|(metric, _)| metric));
        let span = subjects_span(subject_type.name);
        let subjects =
            self.runner.run("the list of subjects", &span, &self.context, longest_limit, move |context| {
                subject_type.list(context)
            });
        async move {
            let subjects = subjects.await;
            record(&span, &subjects);
            drop(span);
            let mut subjects = subjects?;
            if let Some(keep) = &self.engine.subject_filter {
                subjects.retain(|subject| keep(subject.label.name()));
            }
            Ok(subjects)
        }
    }

    /// The outcomes of metrics for one subject. The subject's resources are dropped with the stream.
    fn for_one_subject(
        &self,
        subject: &AnySubject,
        functions: Arc<[Function]>,
        longest_limit: Duration,
    ) -> impl Stream<Item = CollectionResult> + use<'_, 'a> {
        if let Some(error) = &subject.error {
            let unavailable = Unavailable::Error(error.clone());
            let metrics = functions.iter().map(|(metric, _)| metric.clone()).collect();
            let outcomes = without_collection(metrics, Some(&subject.label), &unavailable, Duration::ZERO);
            return stream::iter(outcomes).left_stream();
        }
        let is_backfill = self.context.instants().is_some();
        let last_use = if is_backfill { None } else { Instant::now().checked_add(longest_limit) };
        let deadline = earlier(self.runner.deadline, last_use);
        let context = self.context.for_subject(&subject.value, deadline);
        self.collect_all(functions, context, Some(Arc::clone(&subject.label))).right_stream()
    }

    /// The outcome of a source and the outcomes of its metrics.
    fn source(&self, source: &'a Source) -> impl Future<Output = Vec<CollectionResult>> + use<'_, 'a> {
        let started = Instant::now();
        let limit = source.timeout().unwrap_or(DEFAULT_TIMEOUT);
        let span = source_span(source.name());
        let name = format!("the source {}", source.name());
        let described =
            self.call(name, "the source", &span, &self.context, limit, |context| source.collect(context));
        async move {
            let described = described.await;
            record(&span, &described);
            drop(span);
            let duration = started.elapsed();
            let (result, returned, refused, knows_all_keys, results) = match described {
                Ok(described) => {
                    let count = described.len();
                    let has_valid_key = |reading: &DescribedReading| check_key(reading.facts.key()).is_ok();
                    let mut kept =
                        described.iter().filter(|reading| self.catalog.is_kept(reading.facts.key()));
                    let knows_all_keys = kept.all(has_valid_key);
                    let keys: HashSet<String> =
                        described.iter().map(|reading| reading.facts.key().to_owned()).collect();
                    let mut from_others = self.returned.lock().unwrap_or_else(PoisonError::into_inner);
                    let (accepted, refused) = self.catalog.accept(source, described, &mut from_others);
                    drop(from_others);
                    let returned = accepted.iter().map(|(metric, _)| metric.key().to_owned());
                    let returned = returned.filter(|key| keys.contains(key)).collect();
                    (Ok(count), returned, refused, knows_all_keys, accepted)
                }
                Err(unavailable) => {
                    let known = self.catalog.described_by(source).cloned();
                    let results = known.map(|metric| (metric, Err(unavailable.clone()))).collect();
                    (Err(unavailable), Vec::new(), Vec::new(), false, results)
                }
            };
            self.engine.observe(Progress::Planned { outcomes: results.len() });
            let (name, location) = (Arc::clone(source.name()), source.location().clone());
            let source =
                SourceOutcome { name, location, result, returned, refused, knows_all_keys, duration };
            let outcomes = results.into_iter().map(|(metric, result)| {
                let result = result.and_then(|reading| checked(&metric, None, reading));
                CollectionResult::Outcome(None, Outcome { metric, subject: None, result, duration })
            });
            outcomes.chain([CollectionResult::Source(source)]).collect()
        }
    }
}

/// The outcomes of metrics that cannot be collected, all with the same reason.
fn without_collection(
    metrics: Vec<Metric>,
    subject: Option<&Arc<SubjectLabel>>,
    unavailable: &Unavailable,
    duration: Duration,
) -> Vec<CollectionResult> {
    let outcome = |metric| {
        let (subject, result) = (subject.cloned(), Err(unavailable.clone()));
        CollectionResult::Outcome(None, Outcome { metric, subject, result, duration })
    };
    metrics.into_iter().map(outcome).collect()
}

/// Separates the functions that the gates have skipped from the others. Returns the results that are known before anything is
/// collected, which are the skipped outcomes and the estimates of the gates, and the functions that remain.
fn without_skipped(
    functions: Vec<Function>,
    Decisions { skipped, requests }: Decisions,
    subjects: &[Option<Arc<SubjectLabel>>],
) -> (Vec<CollectionResult>, Vec<Function>) {
    let mut results: Vec<_> = requests.into_iter().map(CollectionResult::Requests).collect();
    let mut remaining = Vec::new();
    for (metric, collect) in functions {
        let Some(reason) = skipped.get(metric.key()) else {
            remaining.push((metric, collect));
            continue;
        };
        results.extend(subjects.iter().map(|subject| {
            let (metric, subject, result) = (metric.clone(), subject.clone(), Err(reason.clone().into()));
            CollectionResult::Outcome(None, Outcome { metric, subject, result, duration: Duration::ZERO })
        }));
    }
    (results, remaining)
}

fn outcome_count(results: &[CollectionResult]) -> usize {
    results.iter().filter(|result| matches!(result, CollectionResult::Outcome(..))).count()
}

/// The time after which no metric of an ordinary run can use a resource of the run. If a metric has subjects, this is the
/// deadline, because the number of subjects is not known yet.
fn last_use(catalog: &Catalog, context: &Context, started: Instant) -> Option<Instant> {
    if catalog.metrics().iter().any(|metric| metric.subject_type().is_some()) {
        return context.deadline();
    }
    let sources = catalog.sources().iter().map(|source| source.timeout().unwrap_or(DEFAULT_TIMEOUT));
    let longest_limit = longest_time_limit(catalog.metrics()).max(sources.max().unwrap_or_default());
    // The metrics wait for the decisions of the gates.
    let gate_time = MAX_GATE_TIME.saturating_mul(u32::try_from(catalog.gates().len()).unwrap_or(u32::MAX));
    earlier(context.deadline(), started.checked_add(longest_limit.saturating_add(gate_time)))
}

fn longest_time_limit<'m>(metrics: impl IntoIterator<Item = &'m Metric>) -> Duration {
    metrics.into_iter().map(time_limit).max().unwrap_or(DEFAULT_TIMEOUT)
}

fn time_limit(metric: &Metric) -> Duration {
    metric.timeout().unwrap_or(DEFAULT_TIMEOUT)
}

/// Refuses samples that do not fit the kind, and samples that share a series. A report adds tags of its own and checks the
/// series again.
fn checked(
    metric: &Metric,
    subject: Option<&SubjectLabel>,
    reading: Reading,
) -> Result<Reading, Unavailable> {
    check_kind(metric.kind(), reading.samples())?;
    check_distinct(metric, subject, reading.samples())?;
    Ok(reading)
}
