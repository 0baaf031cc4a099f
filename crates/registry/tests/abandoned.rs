//! Work is aborted or never started if its result is no longer needed.

use std::{
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc as channel,
    },
    time::Duration,
};

use system_health_registry::{Catalog, Context, Engine, FromContext, Unavailable, system_health_metric};
use tokio::{runtime, sync::mpsc, task, time::timeout};

/// Closes its channel when it is dropped, which the test can observe.
#[derive(Clone)]
struct Held(#[expect(dead_code, reason = "only its drop is observed")] mpsc::Sender<()>);

/// Blocks a thread until the test releases it.
#[derive(Clone)]
struct Block(Arc<Mutex<channel::Receiver<()>>>);

/// Whether the collector that should not run has started.
#[derive(Clone, Default)]
struct HasStarted(Arc<AtomicBool>);

macro_rules! provided_by_the_test {
    ($($resource:ident),*) => {$(
        impl FromContext for $resource {
            async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
                Err("the test provides it")?
            }
        }
    )*};
}
provided_by_the_test!(Held, Block, HasStarted);

/// Holds a resource until it is aborted.
#[system_health_metric(key = "run.holds", timeout = "1h")]
async fn holds(_held: Held) -> u64 {
    pending().await
}

/// Occupies the only thread.
#[system_health_metric(key = "thread.a_occupies", timeout = "20ms")]
fn occupies(block: Block) -> u64 {
    let released = block.0.lock().expect("nobody panics with the lock").recv();
    assert!(released.is_err(), "the test releases the thread by dropping its end of the channel");
    0
}

/// Waits for a thread.
#[system_health_metric(key = "thread.b_waits", timeout = "20ms")]
fn waits(has_started: HasStarted) -> u64 {
    has_started.0.store(true, Ordering::SeqCst);
    0
}

fn linked(prefix: &str) -> Catalog {
    let prefix = prefix.to_owned();
    let linked = Catalog::linked().expect("the metrics of this file make a catalog");
    linked.filter(move |key| key.starts_with(&prefix))
}

#[tokio::test(start_paused = true)]
async fn dropping_a_run_aborts_its_metrics() {
    let (sender, mut received) = mpsc::channel(1);
    let context = Context::new().provide(Held(sender));

    let run = timeout(Duration::from_secs(1), Engine::new().run(&linked("run."), &context)).await;
    drop(context);

    assert!(run.is_err(), "the run was dropped");
    // The clock is paused. It jumps to the end of this timeout only if the collector never ends.
    let end = timeout(Duration::from_mins(1), received.recv()).await;
    assert_eq!(end, Ok(None), "the collector has been dropped");
}

#[test]
fn a_sync_collector_that_gets_no_thread_before_its_timeout_never_runs() {
    let runtime =
        runtime::Builder::new_current_thread().enable_time().max_blocking_threads(1).build().unwrap();
    let (has_started, (release, released)) = (HasStarted::default(), channel::channel());
    let context = Context::new().provide(has_started.clone()).provide(Block(Arc::new(Mutex::new(released))));

    runtime.block_on(async {
        Engine::new().run(&linked("thread."), &context).await;
        // The runtime aborts tasks when this task yields.
        task::yield_now().await;
        drop(release);
        // The thread runs its queue in order, so after this task, the queue is empty.
        task::spawn_blocking(|| ()).await.unwrap();
    });

    assert!(!has_started.0.load(Ordering::SeqCst), "the run ended before a thread was free");
}
