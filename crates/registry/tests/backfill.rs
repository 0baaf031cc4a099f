//! A backfill: a run that collects its metrics once for each of several instants.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures::future::BoxFuture;
use system_health_registry::{
    Catalog, Context, Engine, Facts, FromContext, Gate, GateDecision, Instants, Interruption, Metric, NoData,
    Outcome, OutcomeState, PlannedMetrics, Progress, Run, Scope, SharedError, StartedAt, Subject, Tag,
    TagError, Unavailable, Window, Windows, location, system_health_metric,
};

const HOUR: Duration = Duration::from_hours(1);

fn at(hours: u32) -> SystemTime {
    UNIX_EPOCH + HOUR * hours
}

fn hours(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap().as_secs() / 3_600
}

#[derive(Debug, Clone)]
struct Queue(&'static str);

impl Subject for Queue {
    async fn list(_: &Context) -> Result<Vec<Self>, Unavailable> {
        Ok(vec![Self("mail"), Self("orders")])
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

/// How often messages were read.
#[derive(Debug, Clone, Default)]
struct Reads(Arc<AtomicUsize>);

impl FromContext for Reads {
    async fn from_context(_: &Context) -> Result<Self, Unavailable> {
        Ok(Self::default())
    }
}

/// The hours in which messages arrived: every hour since the start of the first window.
#[derive(Debug, Clone)]
struct Messages {
    hours: Vec<u64>,
    read_back_to: u64,
}

impl FromContext for Messages {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        context.get::<Reads>().await?.0.fetch_add(1, SeqCst);
        let window = context.get::<Windows>().await?.longest(&["queue.*"]);
        Ok(Self {
            hours: (hours(window.start())..=hours(window.end())).collect(),
            read_back_to: hours(window.start()),
        })
    }
}

/// Messages of the window.
#[system_health_metric(key = "queue.messages", each = Queue, backfill = true)]
fn messages(messages: Messages, window: Window) -> usize {
    let arrived = messages.hours.iter().map(|hour| UNIX_EPOCH + HOUR * u32::try_from(*hour).unwrap());
    arrived.filter(|time| window.contains(*time)).count()
}

/// The hour of the instant.
#[system_health_metric(key = "queue.hour", each = Queue, backfill = true)]
fn hour(StartedAt(now): StartedAt) -> u64 {
    hours(now)
}

/// How far back the messages were read.
#[system_health_metric(key = "queue.read", each = Queue, backfill = true)]
fn read(messages: Messages) -> u64 {
    messages.read_back_to
}

/// Messages that wait now.
#[system_health_metric(key = "queue.waiting", only_now = "the queue keeps no history")]
fn waiting() -> u64 {
    0
}

fn catalog() -> Catalog {
    let linked = Catalog::linked().unwrap();
    Catalog::new(linked.metrics().iter().filter(|metric| metric.group() == "queue").cloned()).unwrap()
}

/// 10 instants, from hour 1,004 to hour 1,040.
fn instants() -> Instants {
    Instants::until(at(1_041), HOUR * 40, HOUR * 4).unwrap()
}

async fn backfill(engine: &Engine, catalog: &Catalog, context: &Context) -> Vec<(Option<u64>, Outcome)> {
    let mut outcomes = Vec::new();
    let keep = async |instant: Option<SystemTime>, outcome| outcomes.push((instant.map(hours), outcome));
    engine.backfill(catalog, context, &instants(), keep).await;
    outcomes
}

#[tokio::test]
async fn each_metric_is_collected_for_each_instant_and_resources_are_built_once() {
    let reads = Reads::default();
    let context = Context::starting_at(at(1_041)).provide(reads.clone());

    let outcomes = backfill(&Engine::new(), &catalog(), &context).await;

    let mut values = BTreeMap::<(&str, &str), Vec<(u64, String)>>::new();
    for (instant, outcome) in &outcomes {
        let subject = outcome.subject.as_ref().unwrap().name();
        let value = outcome.samples()[0].value().to_string();
        values.entry((outcome.metric.key(), subject)).or_default().push((instant.unwrap(), value));
    }
    assert_eq!(values.len(), 6, "three metrics of two queues: {values:?}");
    for ((key, _), values) in values {
        let collected_at: Vec<u64> = values.iter().map(|(instant, _)| *instant).collect();
        assert_eq!(
            collected_at,
            (0..10).map(|n| 1_004 + 4 * n).collect::<Vec<_>>(),
            "the instants of a queue are in order"
        );
        for (instant, value) in values {
            let expected = match key {
                "queue.messages" => 7 * 24,
                "queue.hour" => instant,
                _ => 1_004 - 7 * 24,
            };
            assert_eq!(value, expected.to_string(), "{key} at {instant}");
        }
    }
    assert_eq!(reads.0.load(SeqCst), 2, "once for each queue");
}

#[tokio::test]
async fn an_interruption_ends_a_backfill_without_errors() {
    let (interrupt, interrupted) = futures::channel::oneshot::channel::<()>();
    let interruption = Interruption::new(async move {
        // Dropping the sender is the signal.
        let _ = interrupted.await;
    });
    let engine = Engine::new().with_interruption(interruption.clone());
    let context = Context::starting_at(at(1_041));
    let (mut interrupt, mut kept) = (Some(interrupt), Vec::new());

    let keep = async |instant: Option<SystemTime>, outcome: Outcome| {
        kept.push((hours(instant.unwrap()), outcome.state()));
        if kept.len() == 6 {
            drop(interrupt.take());
            interruption.run_until_interrupted(std::future::pending::<()>()).await;
        }
    };
    engine.backfill(&catalog(), &context, &instants(), keep).await;

    assert!((6..30).contains(&kept.len()), "{kept:?}");
    assert!(kept.iter().all(|(_, state)| *state == OutcomeState::Value), "{kept:?}");
}

#[tokio::test]
async fn an_error_belongs_to_its_instant() {
    let facts = Facts::new("jobs.odd", "Fails at every other instant.").with_backfill();
    let metric = Metric::new(facts, location!(), |context| {
        Box::pin(async move {
            let StartedAt(now) = context.get().await?;
            if hours(now).is_multiple_of(8) { Err("there was an outage".into()) } else { reading(0) }
        })
    });
    let catalog = Catalog::new([metric]).unwrap();

    let outcomes = backfill(&Engine::new(), &catalog, &Context::starting_at(at(1_041))).await;

    let failed: Vec<_> = outcomes
        .iter()
        .filter(|(_, outcome)| outcome.state() == OutcomeState::Error)
        .map(|(instant, _)| instant.unwrap())
        .collect();
    assert_eq!((outcomes.len(), failed), (10, vec![1_008, 1_016, 1_024, 1_032, 1_040]));
}

fn reading(value: u64) -> Result<system_health_registry::Reading, Unavailable> {
    system_health_registry::IntoReading::into_reading(value)
}

/// The time until the deadline of the context that it is built in.
#[derive(Clone)]
struct TimeLeft(Duration);

impl FromContext for TimeLeft {
    const SCOPE: Scope = Scope::Metric;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let deadline = context.deadline().ok_or("the context has no deadline")?;
        Ok(Self(deadline.saturating_duration_since(tokio::time::Instant::now())))
    }
}

/// Waits for 20 seconds. Then returns the minutes until the deadline of the context.
fn minutes_left(
    context: Context,
) -> BoxFuture<'static, Result<system_health_registry::Reading, Unavailable>> {
    Box::pin(async move {
        tokio::time::sleep(Duration::from_secs(20)).await;
        let TimeLeft(left) = context.get().await?;
        reading(left.as_secs().div_ceil(60))
    })
}

#[tokio::test(start_paused = true)]
async fn resources_of_a_late_instant_have_time_until_the_deadline_of_the_run() {
    let facts = |key: &str| Facts::new(key, "Minutes until the deadline.").with_backfill();
    let once = Metric::new(facts("left.once"), location!(), minutes_left);
    let for_each = Metric::new(facts("left.each"), location!(), minutes_left).each::<Queue>();

    for (metric, count) in [(once, 1), (for_each, 2)] {
        let context = Context::starting_at(at(1_041)).with_deadline(HOUR);
        let outcomes = backfill(&Engine::new(), &Catalog::new([metric]).unwrap(), &context).await;

        let last = outcomes.iter().filter(|(instant, _)| *instant == Some(1_040));
        let values: Vec<_> = last.map(|(_, outcome)| outcome.samples()[0].value().to_string()).collect();
        // The ten instants took 200 seconds of the hour.
        assert_eq!(values, vec!["57"; count]);
    }
}

#[tokio::test]
async fn a_resource_of_the_run_cannot_ask_for_the_instant() {
    #[derive(Debug, Clone)]
    struct Shared;

    impl FromContext for Shared {
        async fn from_context(context: &Context) -> Result<Self, Unavailable> {
            context.get::<StartedAt>().await?;
            Ok(Self)
        }
    }

    let error = Context::new().get::<Shared>().await.unwrap_err().to_string();
    assert!(error.contains("give `Shared` the scope `Scope::Metric`"), "{error}");
}

/// A subject that cannot be listed.
#[derive(Debug, Clone)]
struct Unlisted;

impl Subject for Unlisted {
    async fn list(_: &Context) -> Result<Vec<Self>, Unavailable> {
        Err("there was an outage".into())
    }

    fn tags(&self) -> Result<Vec<Tag>, TagError> {
        Ok(vec![Tag::new("unlisted", "yes")?])
    }
}

impl fmt::Display for Unlisted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unlisted")
    }
}

struct SkipsSome;

impl Gate for SkipsSome {
    fn plan<'a>(&'a self, _: &'a Context, planned: &'a PlannedMetrics) -> BoxFuture<'a, GateDecision> {
        let skipped = planned.metrics().iter().filter(|metric| metric.key().ends_with(".skipped"));
        let skipped =
            skipped.map(|metric| (metric.key().to_owned(), NoData::new("too many requests"))).collect();
        Box::pin(async move { GateDecision { skipped, requests: None } })
    }

    fn no_data_for(&self, _: &SharedError) -> Option<NoData> {
        None
    }

    fn finish<'a>(&'a self, _: &'a Context, _: &'a Run) -> BoxFuture<'a, ()> {
        Box::pin(async {})
    }
}

#[tokio::test]
async fn as_many_outcomes_finish_as_are_planned() {
    let [planned, finished] = [(); 2].map(|()| Arc::new(AtomicUsize::new(0)));
    let engine = Engine::new().with_observer({
        let (planned, finished) = (Arc::clone(&planned), Arc::clone(&finished));
        move |progress| match progress {
            Progress::Planned { outcomes } => {
                planned.fetch_add(outcomes, SeqCst);
            }
            Progress::Finished(_) => {
                finished.fetch_add(1, SeqCst);
            }
            _ => {}
        }
    });
    let metric = |key: &str| {
        let facts = Facts::new(key, "A test.").with_backfill();
        Metric::new(facts, location!(), |_| Box::pin(async { reading(1) }))
    };
    let catalog = Catalog::new([
        metric("jobs.one"),
        metric("jobs.skipped"),
        metric("queue.one").each::<Queue>(),
        metric("queue.skipped").each::<Queue>(),
        metric("unlisted.one").each::<Unlisted>(),
    ])
    .unwrap()
    .with_gate(&SkipsSome);

    let outcomes = backfill(&engine, &catalog, &Context::starting_at(at(1_041))).await;

    // `jobs.one` and `queue.one` have an outcome for each of ten instants. All others have one outcome for all instants. Metrics
    // about queues have these outcomes for each of two queues.
    assert_eq!(outcomes.len(), (10 + 1) + 2 * (10 + 1) + 1);
    assert_eq!((planned.load(SeqCst), finished.load(SeqCst)), (outcomes.len(), outcomes.len()));
}
