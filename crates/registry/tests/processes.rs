//! Resources of the process, which outlive a run.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use system_health_registry::{Context, FromContext, Process, Scope, Unavailable};
use tokio::{sync::Notify, time::timeout};

/// Counts attempts to build a [`Connection`]. A [`List`] adds 100.
#[derive(Debug, Clone, Default)]
struct Builds(Arc<AtomicUsize>);

impl FromContext for Builds {
    const SCOPE: Scope = Scope::Process;

    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self::default())
    }
}

/// A connection. The first attempt fails if the count of attempts starts at 0.
#[derive(Debug, Clone)]
struct Connection(usize);

impl FromContext for Connection {
    const SCOPE: Scope = Scope::Process;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        match context.get::<Builds>().await?.0.fetch_add(1, SeqCst) {
            0 => Err("connection refused")?,
            attempt => Ok(Self(attempt)),
        }
    }
}

/// A list of one run.
#[derive(Debug, Clone)]
struct List(usize);

impl FromContext for List {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        context.get::<Connection>().await?;
        Ok(Self(context.get::<Builds>().await?.0.fetch_add(100, SeqCst)))
    }
}

/// A resource of the process that depends on a resource of a run.
#[derive(Debug, Clone)]
struct WrongScope;

impl FromContext for WrongScope {
    const SCOPE: Scope = Scope::Process;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        context.get::<List>().await?;
        Ok(Self)
    }
}

#[tokio::test]
async fn only_resources_of_the_process_outlive_a_run() {
    let builds = Builds(Arc::new(AtomicUsize::new(1)));
    let process = Process::new().provide(builds);

    let (first, second) = (process.context(), process.context());

    assert_eq!(first.get::<Connection>().await.unwrap().0, 1);
    assert_eq!(second.get::<Connection>().await.unwrap().0, 1);
    let lists = [first.get::<List>().await, first.get::<List>().await, second.get::<List>().await];
    assert_eq!(lists.map(|list| list.unwrap().0), [2, 2, 102]);
}

#[tokio::test]
async fn the_next_run_retries_a_failed_resource_of_the_process() {
    let process = Process::new();
    let first = process.context();

    let refused = [first.get::<Connection>().await, first.get::<Connection>().await];

    assert!(
        refused.iter().all(|result| result.as_ref().unwrap_err().to_string() == "connection refused"),
        "{refused:?}"
    );
    assert_eq!(process.context().get::<Connection>().await.unwrap().0, 1);
    assert_eq!(first.get::<Connection>().await.unwrap().0, 1, "both runs share it now");
}

#[tokio::test]
async fn a_resource_of_the_process_cannot_depend_on_a_resource_of_a_run() {
    let error = Context::new().get::<WrongScope>().await.unwrap_err();

    assert_eq!(
        error.to_string(),
        "`WrongScope` is built once for all runs and asks for `List`, which is built once a run; give `WrongScope` the scope \
         `Scope::Run`"
    );
}

/// A connection. Its first build waits for a notification and then fails.
#[derive(Debug, Clone)]
struct SlowConnection(usize);

/// The number of builds of a [`SlowConnection`], and what the first build waits for.
#[derive(Debug, Clone, Default)]
struct SlowBuilds(Arc<(AtomicUsize, Notify)>);

impl FromContext for SlowBuilds {
    const SCOPE: Scope = Scope::Process;

    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self::default())
    }
}

impl FromContext for SlowConnection {
    const SCOPE: Scope = Scope::Process;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let SlowBuilds(builds) = context.get().await?;
        match builds.0.fetch_add(1, SeqCst) {
            0 => {
                builds.1.notified().await;
                Err("connection reset")?
            }
            attempt => Ok(Self(attempt)),
        }
    }
}

/// The number of the build that made the connection. `None` if it is not built within a second.
async fn connection(context: &Context) -> Option<usize> {
    timeout(Duration::from_secs(1), context.get::<SlowConnection>()).await.ok().map(|built| built.unwrap().0)
}

#[tokio::test(start_paused = true)]
async fn the_next_run_retries_a_resource_that_failed_when_nobody_waited_for_it() {
    let builds = SlowBuilds::default();
    let process = Process::new().provide(builds.clone());
    assert_eq!(connection(&process.context()).await, None);

    builds.0.1.notify_one();
    // The task that builds the resource runs now, and fails.
    tokio::task::yield_now().await;

    assert_eq!(connection(&process.context()).await, Some(1));
}

#[tokio::test(start_paused = true)]
async fn a_run_retries_a_resource_that_was_not_ready_in_the_previous_run() {
    let process = Process::new().provide(SlowBuilds::default());
    assert_eq!(connection(&process.context().with_deadline(Duration::from_mins(1))).await, None);

    assert_eq!(connection(&process.context()).await, None, "the deadline of the earlier run has not passed");
    tokio::time::advance(Duration::from_mins(1)).await;

    assert_eq!(connection(&process.context()).await, Some(1));
}
