//! Metrics about subjects. There is one outcome for each subject, and subjects do not affect each other.

mod common;

use std::{
    collections::BTreeSet,
    fmt,
    num::NonZero,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use insta::assert_snapshot;
use system_health_registry::{
    Catalog, Context, Engine, Facts, FromContext, IntoReading, ItemError, Metric, Outcome, Report, Sample,
    SampleError, Scope, Subject, Subjects, Tag, TagError, Unavailable, location, system_health_metric,
};

/// A queue of the broker.
#[derive(Debug, Clone)]
struct Queue(String);

/// The names of the broker's queues, or why they cannot be listed. A test can provide a broker.
#[derive(Debug, Clone)]
struct Broker(Result<Vec<&'static str>, &'static str>);

impl FromContext for Broker {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self(Ok(vec!["mail", "print"])))
    }
}

impl Subject for Queue {
    async fn list(context: &Context) -> Result<Vec<Self>, Unavailable> {
        let names = context.get::<Broker>().await?.0?;
        Ok(names.into_iter().map(|name| Self(name.to_owned())).collect())
    }

    fn tags(&self) -> Result<Vec<Tag>, TagError> {
        Ok(vec![Tag::new("queue", &self.0)?, Tag::new("broker", "main")?])
    }
}

impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The messages of one queue.
#[derive(Debug, Clone)]
struct Messages(usize);

/// How often messages were read.
#[derive(Debug, Clone, Default)]
struct Reads(Arc<AtomicUsize>);

impl FromContext for Reads {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self::default())
    }
}

impl FromContext for Messages {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        context.get::<Reads>().await?.0.fetch_add(1, SeqCst);
        match context.get::<Queue>().await?.0.as_str() {
            "broken" => Err("connection refused")?,
            "empty" => Err(Unavailable::no_data("the queue is paused")),
            name => Ok(Self(name.len())),
        }
    }
}

/// Messages in the queue.
#[system_health_metric(key = "each.waiting", each = Queue, unit = "message", goal = "< 5")]
fn waiting(messages: Messages) -> usize {
    messages.0
}

/// The same messages, by their priority.
#[system_health_metric(key = "each.by_priority", each = Queue)]
fn by_priority(messages: Messages, queue: Queue) -> Result<Vec<Sample>, SampleError> {
    let sample = |priority, count| Sample::new(count)?.with_tag("priority", priority);
    let high = if queue.0 == "mail" { 1.0 } else { 0.0 };
    Ok(vec![sample("high", high)?, sample("low", f64::from(u32::try_from(messages.0).unwrap_or(0)) - high)?])
}

/// The number of queues, without a subject.
#[system_health_metric(key = "all.queues")]
fn queues(queues: Subjects<Queue>) -> usize {
    queues.iter().count()
}

/// Asks for a queue without a subject.
#[system_health_metric(key = "wrong.no_subject")]
fn no_subject(messages: Messages) -> usize {
    messages.0
}

/// A branch, which is not a queue.
#[derive(Debug, Clone)]
struct Branch;

impl Subject for Branch {
    async fn list(_context: &Context) -> Result<Vec<Self>, Unavailable> {
        Ok(vec![Self])
    }

    fn tags(&self) -> Result<Vec<Tag>, TagError> {
        Ok(vec![])
    }
}

impl fmt::Display for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("main")
    }
}

/// Asks for a queue and is about a branch.
#[system_health_metric(key = "wrong.other_subject", each = Branch)]
fn other_subject(messages: Messages) -> usize {
    messages.0
}

/// A resource of the run that asks for the messages of one queue.
#[derive(Clone)]
struct Total;

impl FromContext for Total {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        context.get::<Messages>().await?;
        Ok(Self)
    }
}

/// Takes a resource of the run that depends on a resource of a subject.
#[system_health_metric(key = "wrong.scope", each = Queue)]
fn wrong_scope(_total: Total) -> u8 {
    0
}

#[tokio::test]
async fn each_subject_has_its_own_outcome() {
    let broker = Broker(Ok(vec!["mail", "broken", "empty", "print"]));

    let run = common::run("each.", &Context::new().provide(broker)).await;

    assert_snapshot!(common::lines(&run), @"
    each.by_priority of broken: error: connection refused
    each.by_priority of empty: no data: the queue is paused
    each.by_priority of mail: value 1 [priority:high] 3 [priority:low]
    each.by_priority of print: value 0 [priority:high] 5 [priority:low]
    each.waiting of broken: error: connection refused
    each.waiting of empty: no data: the queue is paused
    each.waiting of mail: value 4 []
    each.waiting of print: value 5 []
    ");
}

#[tokio::test]
async fn points_have_the_tags_of_the_subject() {
    let run = common::run("each.waiting", &Context::new()).await;

    let report = Report::new(run, [Tag::parse("env:test").unwrap()]);

    let tags =
        report.points().map(|point| point.tags.iter().map(Tag::to_string).collect::<Vec<_>>().join(" "));
    assert_eq!(
        tags.collect::<Vec<_>>(),
        ["broker:main env:test queue:mail", "broker:main env:test queue:print"]
    );
}

#[tokio::test]
async fn a_resource_of_a_subject_is_built_once_for_each_subject() {
    let reads = Reads::default();

    common::run("each.", &Context::new().provide(reads.clone())).await;

    assert_eq!(reads.0.load(SeqCst), 2, "once for each of the two queues, although two metrics take it");
}

#[tokio::test]
async fn each_metric_has_one_outcome_if_there_are_no_usable_subjects() {
    for (listed, expected) in [
        (Err("the broker is down"), "error: the broker is down"),
        (Ok(vec![]), "no data: there are no subjects of the type Queue"),
    ] {
        let run = common::run("each.", &Context::new().provide(Broker(listed))).await;

        assert_eq!(common::lines(&run), format!("each.by_priority: {expected}\neach.waiting: {expected}"));
    }
}

/// A tag of `a__b` is the same as that of `a_b`, a tag of `Web` is the same as that of `web`, and a tag cannot be made of `!`.
#[tokio::test]
async fn only_the_subjects_that_cannot_be_distinguished_or_have_invalid_tags_fail() {
    let queues = vec!["mail", "a__b", "print", "print", "a_b", "!", "!", "Web", "web", "", " "];

    let run = common::run("each.waiting", &Context::new().provide(Broker(Ok(queues)))).await;

    assert_snapshot!(common::lines(&run), @"
    each.waiting of !: error: the Queue `!` has a tag that cannot be used: tag `queue:!` would be stored without its value; a value needs at least one letter, digit, `-`, `.` or `/`, within the first 200 characters of the tag
    each.waiting of (no name): error: a Queue has an empty name; each needs a unique name
    each.waiting of Web: error: the Queue `Web` has the same tags as `web`; each needs unique tags, and tags are in lower case
    each.waiting of a__b: error: the Queue `a__b` has the same tags as `a_b`; each needs unique tags
    each.waiting of a_b: error: the Queue `a_b` has the same tags as `a__b`; each needs unique tags
    each.waiting of mail: value 4 []
    each.waiting of print: error: the Queue `print` is listed twice; each needs a unique name
    each.waiting of web: error: the Queue `web` has the same tags as `Web`; each needs unique tags, and tags are in lower case
    ");
}

#[tokio::test]
async fn a_metric_can_take_the_list_of_all_subjects() {
    let run = common::run("all.", &Context::new()).await;

    assert_eq!(common::lines(&run), "all.queues: value 2 []");
}

#[tokio::test]
async fn a_resource_of_a_wrong_scope_is_refused_with_both_names() {
    let run = common::run("wrong.", &Context::new().provide(Broker(Ok(vec!["mail"])))).await;

    assert_snapshot!(common::lines(&run), @"
    wrong.no_subject: error: `Messages` is built once for each subject, and this metric has none; add `each = ...` to it
    wrong.other_subject of main: error: a `Queue` is requested, but this metric has `each = Branch`
    wrong.scope of mail: error: `Total` is built once a run and asks for `Messages`, which is built once for each subject; give `Total` the scope `Scope::Subject`
    ");
}

#[tokio::test]
async fn a_test_can_provide_a_resource_for_all_subjects() {
    let run = common::run("each.waiting", &Context::new().provide(Messages(7))).await;

    assert_eq!(common::lines(&run), "each.waiting of mail: value 7 []\neach.waiting of print: value 7 []");
}

/// One of 5,000 numbered subjects.
#[derive(Debug, Clone)]
struct Number(usize);

impl Subject for Number {
    async fn list(_context: &Context) -> Result<Vec<Self>, Unavailable> {
        Ok((0..5000).map(Self).collect())
    }

    fn tags(&self) -> Result<Vec<Tag>, TagError> {
        Ok(vec![Tag::new("number", &self.0.to_string())?])
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.0)
    }
}

/// The current and the maximum number of subjects that are being collected.
#[derive(Debug, Clone, Default)]
struct Working(Arc<(AtomicUsize, AtomicUsize)>);

/// Lives as long as its subject is being collected.
#[derive(Clone)]
struct Held(#[expect(dead_code, reason = "only its drop is observed")] Arc<HeldInner>);
struct HeldInner(Working);

impl FromContext for Working {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self::default())
    }
}

impl FromContext for Held {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let working: Working = context.get().await?;
        let current = working.0.0.fetch_add(1, SeqCst) + 1;
        working.0.1.fetch_max(current, SeqCst);
        tokio::task::yield_now().await;
        Ok(Self(Arc::new(HeldInner(working))))
    }
}

impl Drop for HeldInner {
    fn drop(&mut self) {
        self.0.0.0.fetch_sub(1, SeqCst);
    }
}

#[tokio::test]
async fn the_number_of_concurrent_subjects_is_limited() {
    let metric = Metric::new(Facts::new("number.held", "A test."), location!(), |context| {
        Box::pin(async move {
            context.get::<Held>().await?;
            tokio::task::yield_now().await;
            1.0.into_reading()
        })
    });
    let working = Working::default();
    let context = Context::new().provide(working.clone());
    let engine = Engine::new().with_concurrency(NonZero::new(8).unwrap());

    let run = engine.run(&Catalog::new([metric.each::<Number>()]).unwrap(), &context).await;

    let names: BTreeSet<_> = run
        .outcomes()
        .iter()
        .filter_map(|outcome| outcome.subject.as_ref().map(|subject| subject.name().to_owned()))
        .collect();
    assert_eq!((names.len(), run.outcomes().iter().flat_map(Outcome::samples).count()), (5000, 5000));
    let most = working.0.1.load(SeqCst);
    assert!((2..=8).contains(&most), "{most} subjects at once");
    assert_eq!(working.0.0.load(SeqCst), 0, "the resources of subjects are dropped");
}

#[tokio::test]
async fn an_engine_can_filter_subjects() {
    let engine = Engine::new().with_subject_filter(|name| name == "print");
    let catalog = Catalog::linked().unwrap().filter(|key| key == "each.waiting");

    let run = engine.run(&catalog, &Context::new()).await;

    assert_eq!(common::lines(&run), "each.waiting of print: value 5 []");
}

#[tokio::test]
async fn failed_items_are_reported_together_with_samples() {
    let metric = Metric::new(Facts::new("queue.each", "A test."), location!(), |_| {
        Box::pin(async {
            vec![
                Ok(Sample::new(3.0)?.with_tag("queue", "mail")?),
                Err(ItemError::new("connection refused").with_tag("queue", "print")),
            ]
            .into_reading()
        })
    });

    let run = Engine::new().run(&Catalog::new([metric]).unwrap(), &Context::new()).await;

    assert_snapshot!(common::lines(&run), @"
    queue.each: value 3 [queue:mail]
      failed: queue:print: connection refused
    ");
}

#[tokio::test(start_paused = true)]
async fn metrics_that_are_not_started_before_the_deadline_are_errors() {
    let metric = Metric::new(Facts::new("number.slow", "A test."), location!(), |_| {
        Box::pin(async {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            1.0.into_reading()
        })
    });
    let context = Context::new().with_deadline(std::time::Duration::from_millis(1500));
    let engine = Engine::new().with_concurrency(NonZero::new(1000).unwrap());

    let run = engine.run(&Catalog::new([metric.each::<Number>()]).unwrap(), &context).await;

    let count = |text: &str| common::lines(&run).lines().filter(|line| line.ends_with(text)).count();
    assert_eq!(count("value 1 []"), 1000);
    assert_eq!(count("error: no result within 500ms, the time left until the run's deadline"), 1000);
    assert_eq!(count("error: not started: the run's deadline had passed"), 3000);
}

#[tokio::test]
async fn a_program_can_get_resources_of_a_subject_without_a_metric() {
    let reads = Reads::default();
    let context = Context::new().provide(reads.clone());
    let mail = context.about(Queue("mail".to_owned()));
    let broken = context.about(Queue("broken".to_owned()));
    drop(context);

    for _ in 0..2 {
        assert_eq!(mail.get::<Messages>().await.unwrap().0, 4);
    }
    assert_eq!(broken.get::<Messages>().await.unwrap_err().to_string(), "connection refused");
    assert_eq!(reads.0.load(SeqCst), 2, "the two subjects share the resources of the run");
}

/// The name of the queue, as a resource that is not shared.
#[derive(Debug, Clone)]
struct QueueName(String);

impl FromContext for QueueName {
    const SCOPE: Scope = Scope::Metric;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        Ok(Self(context.get::<Queue>().await?.0))
    }
}

#[tokio::test]
async fn subjects_without_a_metric_do_not_share_resources_with_the_scope_of_a_metric() {
    let context = Context::new();
    for name in ["mail", "print"] {
        let about_queue = context.about(Queue(name.to_owned()));
        assert_eq!(about_queue.get::<QueueName>().await.unwrap().0, name);
    }
}
