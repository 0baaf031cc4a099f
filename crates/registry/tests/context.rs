//! Resources are built once, and their errors are shared. Tests can replace resources. When a context is dropped, the building
//! of its resources is aborted.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime, SystemTimeError, UNIX_EPOCH},
};

use futures::future::join_all;
use system_health_registry::{
    Catalog, Context, Engine, FromContext, Scope, SharedError, StartedAt, Unavailable, system_health_metric,
};
use tokio::{
    sync::{Semaphore, mpsc},
    time::timeout,
};

/// Detects a deadlock. The clock of these tests is paused. It jumps to this timeout only if no task can continue.
const GUARD: Duration = Duration::from_mins(1);

/// Counts how often a resource was built.
#[derive(Clone, Default)]
struct Builds(Arc<AtomicUsize>);

impl Builds {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl FromContext for Builds {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self::default())
    }
}

/// Blocks a resource until the test opens the latch.
#[derive(Clone)]
struct Latch(Arc<Semaphore>);

impl Latch {
    fn closed() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    fn open(&self) {
        self.0.close();
    }

    async fn opened(&self) {
        assert!(self.0.acquire().await.is_err(), "closing the semaphore opens the latch");
    }
}

impl FromContext for Latch {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        let latch = Self::closed();
        latch.open();
        Ok(latch)
    }
}

/// A resource that waits for the latch and counts how often it is built.
#[derive(Clone, Debug, PartialEq)]
struct Commits(&'static str);

impl FromContext for Commits {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        context.get::<Builds>().await?.0.fetch_add(1, Ordering::SeqCst);
        context.get::<Latch>().await?.opened().await;
        Ok(Self("built"))
    }
}

/// Counts how often it is built, and fails.
#[derive(Clone, Debug)]
struct Broken;

impl FromContext for Broken {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        context.get::<Builds>().await?.0.fetch_add(1, Ordering::SeqCst);
        Err("connection refused")?
    }
}

/// Depends on a resource that fails.
#[derive(Clone, Debug)]
struct NeedsBroken;

impl FromContext for NeedsBroken {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        context.get::<Broken>().await?;
        Ok(Self)
    }
}

#[derive(Clone, Debug)]
struct WithoutData;

impl FromContext for WithoutData {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Err(Unavailable::no_data("no token is configured"))
    }
}

#[derive(Clone, Debug)]
struct Panicking;

impl FromContext for Panicking {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        panic!("index out of bounds")
    }
}

fn error<T: std::fmt::Debug>(result: Result<T, Unavailable>) -> SharedError {
    match result {
        Err(Unavailable::Error(error)) => error,
        other => panic!("expected an error, got {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_resource_is_built_once_for_many_requesters() {
    let (builds, latch) = (Builds::default(), Latch::closed());
    let context = Context::new().provide(builds.clone()).provide(latch.clone());
    let clone = context.clone();
    let mut requesters =
        Box::pin(join_all((0..100).map(|_| context.get::<Commits>()).chain([clone.get::<Commits>()])));

    assert!(futures::poll!(&mut requesters).is_pending());
    latch.open();
    let commits = timeout(GUARD, requesters).await.unwrap();

    assert_eq!(commits.len(), 101);
    assert!(commits.into_iter().all(|commits| commits.unwrap() == Commits("built")));
    assert_eq!(builds.count(), 1);
}

#[tokio::test]
async fn a_resource_is_built_once_in_each_context() {
    let builds = Builds::default();
    let context = Context::new().provide(builds.clone());

    context.get::<Commits>().await.unwrap();
    context.get::<Commits>().await.unwrap();
    assert_eq!(builds.count(), 1);

    Context::new().provide(builds.clone()).get::<Commits>().await.unwrap();
    assert_eq!(builds.count(), 2);
}

#[tokio::test]
async fn an_error_is_shared_by_all_requesters() {
    let builds = Builds::default();
    let context = Context::new().provide(builds.clone());

    let first = error(context.get::<Broken>().await);
    let second = error(context.get::<NeedsBroken>().await);

    assert_eq!(first.to_string(), "connection refused");
    assert!(std::ptr::addr_eq(first.as_error(), second.as_error()), "both are the same error");
    assert_eq!(builds.count(), 1);
}

#[tokio::test]
async fn no_data_stays_no_data() {
    let context = Context::new();
    for _ in 0..2 {
        let result = context.get::<WithoutData>().await;
        assert!(
            matches!(result, Err(Unavailable::NoData(no_data)) if no_data.reason() == "no token is configured")
        );
    }
}

#[tokio::test]
async fn a_panic_is_an_error_that_names_the_resource() {
    let context = Context::new();
    for _ in 0..2 {
        let error = error(context.get::<Panicking>().await);
        assert_eq!(error.to_string(), "Panicking panicked: index out of bounds");
    }
}

#[tokio::test]
async fn a_provided_resource_is_not_built() {
    let builds = Builds::default();
    let context = Context::new().provide(builds.clone()).provide(Commits("provided")).provide(Broken);

    assert_eq!(context.get::<Commits>().await.unwrap(), Commits("provided"));
    assert!(context.get::<NeedsBroken>().await.is_ok());
    assert_eq!(builds.count(), 0);
}

#[tokio::test]
async fn providing_a_resource_again_replaces_it() {
    let context = Context::new().provide(Commits("first")).provide(Commits("second"));

    assert_eq!(context.get::<Commits>().await.unwrap(), Commits("second"));
}

#[tokio::test(start_paused = true)]
async fn a_requester_that_times_out_does_not_abort_the_resource() {
    let (builds, latch) = (Builds::default(), Latch::closed());
    let context = Context::new().provide(builds.clone()).provide(latch.clone());

    timeout(Duration::from_millis(1), context.get::<Commits>()).await.unwrap_err();
    latch.open();
    let commits = timeout(GUARD, context.get::<Commits>()).await.unwrap();

    assert_eq!(commits.unwrap(), Commits("built"));
    assert_eq!(builds.count(), 1);
}

/// Sends a message to the test. The channel is closed when all copies are dropped.
#[derive(Clone)]
struct Notifier(mpsc::UnboundedSender<&'static str>);

impl FromContext for Notifier {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Err("the test provides it")?
    }
}

#[derive(Clone, Debug)]
struct Endless;

impl FromContext for Endless {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        context.get::<Notifier>().await?.0.send("started")?;
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn dropping_the_context_aborts_the_building_of_resources() {
    let (sender, mut received) = mpsc::unbounded_channel();
    let context = Context::new().provide(Notifier(sender));
    let clone = context.clone();

    timeout(Duration::from_millis(1), context.get::<Endless>()).await.unwrap_err();
    drop(context);
    timeout(Duration::from_millis(1), clone.get::<Endless>()).await.unwrap_err();
    drop(clone);

    assert_eq!(received.recv().await, Some("started"));
    assert_eq!(timeout(GUARD, received.recv()).await, Ok(None), "the build was aborted");
}

/// Like [`Endless`], but not shared.
#[derive(Clone, Debug)]
struct EndlessForMetric;

impl FromContext for EndlessForMetric {
    const SCOPE: Scope = Scope::Metric;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        context.get::<Notifier>().await?.0.send("started")?;
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn dropping_the_context_aborts_the_building_of_resources_of_a_metric() {
    let (sender, mut received) = mpsc::unbounded_channel();
    let context = Context::new().provide(Notifier(sender));

    timeout(Duration::from_millis(1), context.get::<EndlessForMetric>()).await.unwrap_err();
    drop(context);

    assert_eq!(received.recv().await, Some("started"));
    assert_eq!(timeout(GUARD, received.recv()).await, Ok(None), "the build was aborted");
}

#[tokio::test]
async fn a_context_has_the_given_start_time() {
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);

    assert_eq!(Context::starting_at(start).started_at(), start);
    assert!(Context::new().started_at() > start);
    assert_eq!(Context::new().deadline(), None);
}

/// Seconds since 1970 when the run started.
#[system_health_metric(key = "time.started")]
fn started(StartedAt(time): StartedAt) -> Result<Duration, SystemTimeError> {
    time.duration_since(UNIX_EPOCH)
}

#[tokio::test]
async fn a_collector_can_take_the_start_time_as_an_argument() {
    let start = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let catalog = Catalog::linked().unwrap().filter(|key| key == "time.started");

    let run = Engine::new().run(&catalog, &Context::starting_at(start)).await;

    assert_eq!(run.outcomes()[0].samples()[0].value().to_string(), "1700000000");
    assert_eq!(started(StartedAt(UNIX_EPOCH)).unwrap(), Duration::ZERO);
}
