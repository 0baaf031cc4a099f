//! A metric that takes too long ends on time, names what it waited for, and affects no other metric.
//!
//! A paused clock jumps to the next timeout when no task can continue. Blocked threads prevent that, so their tests have
//! short real timeouts and end with an event.

mod common;

use std::{
    future::pending,
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use common::{lines, run};
use insta::assert_snapshot;
use system_health_registry::{Context, FromContext, Unavailable, system_health_metric};
use tokio::time::{Instant, advance, sleep};

/// A resource that is never built.
#[derive(Clone)]
struct Never;

impl FromContext for Never {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        pending().await
    }
}

/// Another one, which waits for the first.
#[derive(Clone)]
struct AfterNever;

impl FromContext for AfterNever {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        context.get::<Never>().await?;
        Ok(Self)
    }
}

/// A resource that takes five seconds.
#[derive(Clone)]
struct FiveSeconds;

impl FromContext for FiveSeconds {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        sleep(Duration::from_secs(5)).await;
        Ok(Self)
    }
}

/// Hangs by itself.
#[system_health_metric(key = "hang.itself", timeout = "50ms")]
async fn hangs() -> u64 {
    pending().await
}

/// Hangs in a resource.
#[system_health_metric(key = "hang.resource")]
async fn hangs_in_resource(_: Never) -> u64 {
    0
}

/// Hangs in two resources and has a third.
#[system_health_metric(key = "hang.resources", timeout = "1m 30s")]
fn hangs_in_resources(_: AfterNever, _: FiveSeconds, _: Never) -> u64 {
    0
}

/// Does not hang.
#[system_health_metric(key = "hang.not")]
async fn does_not_hang() -> u64 {
    7
}

/// Gives up before the resource is there.
#[system_health_metric(key = "patience.little", timeout = "1s")]
async fn little_patience(_: FiveSeconds) -> u64 {
    1
}

/// Waits for the same resource.
#[system_health_metric(key = "patience.much", timeout = "10s")]
async fn much_patience(_: FiveSeconds) -> u64 {
    1
}

/// The moment until which the context lets a collector wait.
#[system_health_metric(key = "horizon.seconds", timeout = "2m")]
async fn horizon(moment: Horizon) -> f64 {
    moment.0.as_secs_f64()
}

/// How long a resource may take, as its context says.
#[derive(Clone)]
struct Horizon(Duration);

impl FromContext for Horizon {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let deadline = context.deadline().ok_or("a resource of a run has a deadline")?;
        Ok(Self(deadline - Instant::now()))
    }
}

/// Blocks the thread until the test releases it.
#[derive(Clone)]
struct Block(Arc<Mutex<mpsc::Receiver<()>>>);

impl Block {
    fn new() -> (mpsc::Sender<()>, Self) {
        let (sender, receiver) = mpsc::channel();
        (sender, Self(Arc::new(Mutex::new(receiver))))
    }

    fn wait(&self) {
        let released = self.0.lock().expect("nobody panics with the lock").recv();
        assert!(released.is_err(), "the test only ever drops its end");
    }
}

impl FromContext for Block {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Err("the test provides it")?
    }
}

/// Blocks a thread of the blocking pool.
#[system_health_metric(key = "block.sync", timeout = "20ms")]
fn blocks(block: Block) -> u64 {
    block.wait();
    0
}

/// Never runs into its timeout.
#[system_health_metric(key = "block.sync_other")]
fn other_than_blocked() -> u64 {
    7
}

/// Blocks a thread on which others would run.
#[system_health_metric(key = "blunder.async", timeout = "20ms")]
async fn blocks_worker(block: Block) -> u64 {
    block.wait();
    0
}

/// Never runs into its timeout.
#[system_health_metric(key = "blunder.async_other")]
async fn other_than_blunder() -> u64 {
    7
}

#[tokio::test(start_paused = true)]
async fn a_hang_ends_on_time_and_says_what_it_waited_for() {
    let run = run("hang.", &Context::new()).await;

    assert_snapshot!(lines(&run), @"
    hang.itself: error: no result within 50ms
    hang.not: value 7 []
    hang.resource: error: no result within 30s, still waiting for Never
    hang.resources: error: no result within 1m 30s, still waiting for AfterNever and Never
    ");
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_the_run_ends_every_metric() {
    let run = run("hang.", &Context::new().with_deadline(Duration::from_secs(2))).await;

    assert_snapshot!(lines(&run), @"
    hang.itself: error: no result within 50ms
    hang.not: value 7 []
    hang.resource: error: no result within 2s, still waiting for Never
    hang.resources: error: no result within 2s, still waiting for AfterNever and FiveSeconds and Never
    ");
    assert_eq!(run.duration().as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_has_passed_leaves_no_time() {
    let context = Context::new().with_deadline(Duration::from_secs(1));
    advance(Duration::from_secs(2)).await;

    let run = run("hang.itself", &context).await;

    assert_snapshot!(lines(&run), @"hang.itself: error: not started: the run's deadline had passed");
}

#[tokio::test(start_paused = true)]
async fn a_metric_that_gives_up_does_not_take_the_resource_from_others() {
    let run = run("patience.", &Context::new()).await;

    assert_snapshot!(lines(&run), @"
    patience.little: error: no result within 1s, still waiting for FiveSeconds
    patience.much: value 1 []
    ");
}

#[tokio::test(start_paused = true)]
async fn resources_know_how_long_anybody_could_wait_for_them() {
    let alone = run("horizon.", &Context::new()).await;
    let bounded = run("horizon.", &Context::new().with_deadline(Duration::from_secs(100))).await;

    assert_snapshot!(lines(&alone), @"horizon.seconds: value 120 []");
    assert_snapshot!(lines(&bounded), @"horizon.seconds: value 100 []");
}

#[tokio::test]
async fn a_blocked_sync_collector_is_left_behind() {
    let (release, block) = Block::new();

    let run = run("block.", &Context::new().provide(block)).await;

    assert_snapshot!(lines(&run), @"
    block.sync: error: no result within 20ms
    block.sync_other: value 7 []
    ");
    drop(release);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_async_collector_that_blocks_its_thread_is_left_behind() {
    let (release, block) = Block::new();

    let run = run("blunder.", &Context::new().provide(block)).await;

    assert_snapshot!(lines(&run), @"
    blunder.async: error: no result within 20ms
    blunder.async_other: value 7 []
    ");
    drop(release);
}
