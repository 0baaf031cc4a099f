//! Resources that outlive a run, and resources that do not.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use system_health_registry::{Context, FromContext, Process, Scope, Unavailable};

/// Counts how often a resource was built; provided by the test.
#[derive(Debug, Clone, Default)]
struct Built(Arc<AtomicUsize>);

impl FromContext for Built {
    const SCOPE: Scope = Scope::Process;

    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self::default())
    }
}

/// A connection that fails at the first attempt.
#[derive(Debug, Clone)]
struct Connection(usize);

impl FromContext for Connection {
    const SCOPE: Scope = Scope::Process;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        match context.get::<Built>().await?.0.fetch_add(1, SeqCst) {
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
        Ok(Self(context.get::<Built>().await?.0.fetch_add(100, SeqCst)))
    }
}

/// A connection that asks for the list of a run.
#[derive(Debug, Clone)]
struct Hasty;

impl FromContext for Hasty {
    const SCOPE: Scope = Scope::Process;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        context.get::<List>().await?;
        Ok(Self)
    }
}

#[tokio::test]
async fn a_connection_outlives_a_run_and_a_list_does_not() {
    let built = Built(Arc::new(AtomicUsize::new(1)));
    let process = Process::new().provide(built);

    let (first, second) = (process.context(), process.context());

    assert_eq!(first.get::<Connection>().await.unwrap().0, 1);
    assert_eq!(second.get::<Connection>().await.unwrap().0, 1);
    let lists = [first.get::<List>().await, first.get::<List>().await, second.get::<List>().await];
    assert_eq!(lists.map(|list| list.unwrap().0), [2, 2, 102]);
}

#[tokio::test]
async fn a_connection_that_could_not_be_made_is_tried_again_by_the_next_run() {
    let process = Process::new();
    let first = process.context();

    let refused = [first.get::<Connection>().await, first.get::<Connection>().await];

    assert!(
        refused.iter().all(|it| it.as_ref().unwrap_err().to_string() == "connection refused"),
        "{refused:?}"
    );
    assert_eq!(process.context().get::<Connection>().await.unwrap().0, 1);
    assert_eq!(first.get::<Connection>().await.unwrap().0, 1, "both runs share it now");
}

#[tokio::test]
async fn what_outlives_a_run_cannot_be_made_of_what_does_not() {
    let error = Context::new().get::<Hasty>().await.unwrap_err();

    assert_eq!(
        error.to_string(),
        "`Hasty` is built once for all runs and asks for `List`, which is built once a run; give `Hasty` the scope \
         `Scope::Run`"
    );
}
