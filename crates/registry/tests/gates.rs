//! A gate skips metrics before they are collected, so that they have no data. It sees the run when the run ends.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};
use system_health_registry::{
    Catalog, Context, Engine, Facts, FromContext, Gate, GateDecision, IntoReading, Metric, NoData, Outcome,
    PlannedMetrics, RequestEstimate, RequestPlan, Run, Scope, SharedError, Subject, Tag, TagError,
    Unavailable, current_metric, location,
};
use tracing::{
    Event, Metadata, Subscriber,
    field::Field,
    span::{Attributes, Id, Record},
};

#[derive(Clone)]
struct Queue(&'static str);

impl Subject for Queue {
    async fn list(_: &Context) -> Result<Vec<Self>, Unavailable> {
        Ok(vec![Self("mail"), Self("print")])
    }

    fn tags(&self) -> Result<Vec<Tag>, TagError> {
        Ok(vec![Tag::new("queue", self.0)?])
    }
}

impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the limit is reached")]
struct Limited;

/// What a test tells the gate to do, and what the gate has seen at the end of the run.
#[derive(Clone, Default)]
struct Script {
    fault: Option<Fault>,
    /// The number of outcomes.
    outcomes: Arc<AtomicUsize>,
}

/// What the gate does wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    NeverDecides,
    PanicsBeforeTheDecision,
    NeverFinishes,
    PanicsAtTheEnd,
}

impl Script {
    fn with_fault(fault: Fault) -> Self {
        Self { fault: Some(fault), ..Self::default() }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }
}

impl FromContext for Script {
    async fn from_context(_: &Context) -> Result<Self, Unavailable> {
        Ok(Self::default())
    }
}

struct TestGate;

impl Gate for TestGate {
    fn plan<'a>(&'a self, context: &'a Context, planned: &'a PlannedMetrics) -> BoxFuture<'a, GateDecision> {
        async move {
            let script = context.get::<Script>().await.unwrap_or_default();
            if script.has(Fault::NeverDecides) {
                std::future::pending::<()>().await;
            }
            assert!(!script.has(Fault::PanicsBeforeTheDecision), "the quota is negative");
            assert_ne!(planned.is_about::<Queue>(), planned.is_without_subjects());
            let large = planned.metrics().iter().filter(|metric| metric.key().starts_with("large."));
            let requests = RequestPlan {
                api: "queues",
                groups: vec![RequestEstimate {
                    group: "large".to_owned(),
                    requests: planned.subjects().len() as u64,
                    basis: format!("is for display: {}", planned.is_for_display()),
                    skipped: None,
                }],
                limits: vec![],
            };
            let skipped: BTreeMap<_, _> =
                large.map(|metric| (metric.key().to_owned(), NoData::new("skipped"))).collect();
            GateDecision { skipped, requests: Some(requests) }
        }
        .boxed()
    }

    fn no_data_for(&self, error: &SharedError) -> Option<NoData> {
        error.as_error().is::<Limited>().then(|| NoData::new("limited"))
    }

    fn finish<'a>(&'a self, context: &'a Context, run: &'a Run) -> BoxFuture<'a, ()> {
        async move {
            let script = context.get::<Script>().await.unwrap_or_default();
            if script.has(Fault::NeverFinishes) {
                std::future::pending::<()>().await;
            }
            assert!(!script.has(Fault::PanicsAtTheEnd), "the number of requests is negative");
            script.outcomes.store(run.outcomes().len(), Relaxed);
        }
        .boxed()
    }
}

fn metric(key: &str, collect: fn() -> Result<u64, Unavailable>) -> Metric {
    Metric::new(Facts::new(key, "A metric."), location!(), move |_| {
        async move { collect()?.into_reading() }.boxed()
    })
    .each::<Queue>()
}

fn catalog(metrics: impl IntoIterator<Item = Metric>) -> Catalog {
    // A filter must keep the gate.
    Catalog::new(metrics).unwrap().with_gate(&TestGate).filter(|_| true)
}

fn large_and_small() -> Catalog {
    catalog([
        metric("large.one", || panic!("a skipped metric was collected")),
        metric("small.failing", || Err("broken".into())),
        metric("small.limited", || Err(Limited.into())),
        metric("small.one", || Ok(1)),
    ])
}

fn lines(run: &Run) -> Vec<String> {
    let result = |outcome: &Outcome| match &outcome.result {
        Ok(reading) => reading.samples()[0].value().to_string(),
        Err(Unavailable::NoData(no_data)) => format!("no data: {no_data}"),
        Err(Unavailable::Error(error)) => format!("error: {error}"),
    };
    run.outcomes().iter().map(|outcome| format!("{} {}", outcome.metric.key(), result(outcome))).collect()
}

#[tokio::test]
async fn a_gate_skips_metrics_and_sees_the_end_of_the_run() {
    let script = Script::default();
    let engine = Engine::new().with_subject_filter(|name| name == "mail").with_request_plans();

    let run = engine.run(&large_and_small(), &Context::new().provide(script.clone())).await;

    assert_eq!(
        lines(&run),
        [
            "large.one no data: skipped",
            "small.failing error: broken",
            "small.limited no data: limited",
            "small.one 1",
        ]
    );
    let [plan] = run.request_plans() else { panic!("{:?}", run.request_plans()) };
    assert_eq!(plan.groups[0].to_string(), "large.* about 1 request: is for display: true");
    assert_eq!(script.outcomes.load(Relaxed), 4);
}

#[tokio::test]
async fn a_gate_decides_about_metrics_without_subjects_too() {
    let without_subjects =
        |key| Metric::new(Facts::new(key, "A metric."), location!(), |_| async { 1.into_reading() }.boxed());

    let run = Engine::new()
        .run(&catalog([without_subjects("large.alone"), without_subjects("small.alone")]), &Context::new())
        .await;

    assert_eq!(lines(&run), ["large.alone no data: skipped", "small.alone 1"]);
    assert!(run.outcomes().iter().all(|outcome| outcome.subject.is_none()));
    assert_eq!(run.request_plans().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_does_not_decide_in_time_skips_nothing() {
    let catalog = catalog([metric("small.one", || Ok(1))]);
    let context = Context::new().with_deadline(Duration::from_secs(8));
    let context = context.provide(Script::with_fault(Fault::NeverDecides));

    let run = Engine::new().run(&catalog, &context).await;

    assert_eq!(lines(&run), ["small.one 1", "small.one 1"]);
    assert_eq!(run.duration().as_secs(), 2);
}

/// Keeps the messages of the log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event()
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut |_: &Field, value: &dyn fmt::Debug| {
            self.0.lock().unwrap().push(format!("{value:?}"));
        });
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn a_gate_that_panics_skips_nothing_and_a_warning_is_logged() {
    let log = Log::default();
    let _logging = tracing::subscriber::set_default(log.clone());
    let context = Context::new().provide(Script::with_fault(Fault::PanicsBeforeTheDecision));

    let run = Engine::new().run(&catalog([metric("small.one", || Ok(1))]), &context).await;

    assert_eq!(lines(&run), ["small.one 1", "small.one 1"]);
    let messages = log.0.lock().unwrap().join("\n");
    assert!(messages.contains("a gate has not decided, so it skips no metric: "), "{messages}");
    assert!(messages.contains("the quota is negative"), "{messages}");
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_does_not_finish_or_panics_does_not_affect_the_run() {
    let never_finishes = Script::with_fault(Fault::NeverFinishes);
    let panics_at_the_end = Script::with_fault(Fault::PanicsAtTheEnd);
    for (script, message) in [
        (never_finishes, "a gate has not finished within 2s after the end of the run"),
        (panics_at_the_end, "a gate panicked at the end of the run: the number of requests is negative"),
    ] {
        let log = Log::default();
        let _logging = tracing::subscriber::set_default(log.clone());
        let context = Context::new().with_deadline(Duration::from_secs(1)).provide(script);

        let run = Engine::new().run(&catalog([metric("small.one", || Ok(1))]), &context).await;

        assert_eq!(lines(&run), ["small.one 1", "small.one 1"]);
        assert_eq!(*log.0.lock().unwrap(), [message]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_gate_at_the_end_of_the_run_leaves_the_next_gate_less_time() {
    let log = Log::default();
    let _logging = tracing::subscriber::set_default(log.clone());
    let catalog = catalog([metric("small.one", || Ok(1))]).with_gate(&TestGate);
    let context = Context::new().with_deadline(Duration::from_secs(8));
    let context = context.provide(Script::with_fault(Fault::NeverFinishes));

    Engine::new().run(&catalog, &context).await;

    let warning = |limit: &str| format!("a gate has not finished within {limit} after the end of the run");
    assert_eq!(*log.0.lock().unwrap(), [warning("8s"), warning("2s")]);
}

/// The time until the deadline of the context that it is built in.
#[derive(Clone)]
struct TimeLeft(Duration);

impl FromContext for TimeLeft {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let deadline = context.deadline().ok_or("the context has no deadline")?;
        Ok(Self(deadline.saturating_duration_since(tokio::time::Instant::now())))
    }
}

#[tokio::test(start_paused = true)]
async fn a_resource_has_the_whole_timeout_of_its_metric_after_a_slow_gate() {
    let metric = Metric::new(Facts::new("small.resource", "A metric."), location!(), |context| {
        async move { context.get::<TimeLeft>().await?.0.as_secs_f64().round().into_reading() }.boxed()
    });
    let context = Context::new().provide(Script::with_fault(Fault::NeverDecides));

    let run = Engine::new().run(&catalog([metric]), &context).await;

    assert_eq!(lines(&run), ["small.resource 30"]);
}

#[derive(Clone)]
struct Requester(String);

impl FromContext for Requester {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(_: &Context) -> Result<Self, Unavailable> {
        Ok(Self(current_metric().map(|metric| metric.key().to_owned()).unwrap_or_default()))
    }
}

#[tokio::test]
async fn a_shared_resource_knows_the_metric_that_asked_for_it() {
    let resource = Metric::new(Facts::new("small.resource", "A metric."), location!(), |context| {
        async move {
            assert_eq!(context.get::<Requester>().await?.0, "small.resource");
            1.into_reading()
        }
        .boxed()
    });
    let run = Engine::new().run(&catalog([resource.each::<Queue>()]), &Context::new()).await;
    assert_eq!(lines(&run), ["small.resource 1", "small.resource 1"]);
    assert!(current_metric().is_none());
}
