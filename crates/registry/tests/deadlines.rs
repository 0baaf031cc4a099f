//! Timeouts and deadlines. A metric that takes too long ends on time, names the resources that it waited for, and does not
//! affect other metrics.
//!
//! A paused clock jumps to the next timeout when no task can continue. Blocked threads prevent that. So the tests with blocked
//! threads use the real clock and short timeouts, and release the threads at the end.

mod common;

use std::{
    future::pending,
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use common::{lines, linked, run};
use insta::assert_snapshot;
use system_health_registry::{Context, Engine, FromContext, Interruption, Unavailable, system_health_metric};
use tokio::{
    sync::Notify,
    time::{Instant, advance, sleep},
};

/// A resource that is never built.
#[derive(Clone)]
struct Never;

impl FromContext for Never {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        pending().await
    }
}

/// A resource that waits for [`Never`].
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

/// Hangs in two resources. A third resource takes five seconds.
#[system_health_metric(key = "hang.resources", timeout = "1m 30s")]
fn hangs_in_resources(_: AfterNever, _: FiveSeconds, _: Never) -> u64 {
    0
}

/// Does not hang.
#[system_health_metric(key = "hang.not")]
async fn does_not_hang() -> u64 {
    7
}

/// Times out before the resource is built.
#[system_health_metric(key = "timeout.short", timeout = "1s")]
async fn short_timeout(_: FiveSeconds) -> u64 {
    1
}

/// Takes the same resource as `timeout.short`.
#[system_health_metric(key = "timeout.sufficient", timeout = "10s")]
async fn sufficient_timeout(_: FiveSeconds) -> u64 {
    1
}

/// The seconds that a resource has until its deadline.
#[system_health_metric(key = "time_left.seconds", timeout = "2m")]
async fn time_left(time: TimeLeft) -> f64 {
    time.0.as_secs_f64()
}

/// Takes the same resource as `time_left.seconds`, with a shorter timeout.
#[system_health_metric(key = "time_left.with_shorter_timeout", timeout = "1m")]
async fn time_left_with_shorter_timeout(time: TimeLeft) -> f64 {
    time.0.as_secs_f64()
}

/// The time until the deadline of the context that it is built in.
#[derive(Clone)]
struct TimeLeft(Duration);

impl FromContext for TimeLeft {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let deadline = context.deadline().ok_or("the context has no deadline")?;
        Ok(Self(deadline - Instant::now()))
    }
}

/// Blocks the thread until the test releases it.
#[derive(Clone)]
struct Block {
    release: Arc<Mutex<mpsc::Receiver<()>>>,
    started: Arc<Notify>,
}

impl Block {
    fn new() -> (mpsc::Sender<()>, Self) {
        let (sender, receiver) = mpsc::channel();
        (sender, Self { release: Arc::new(Mutex::new(receiver)), started: Arc::default() })
    }

    fn wait(&self) {
        self.started.notify_one();
        let released = self.release.lock().expect("nobody panics with the lock").recv();
        assert!(released.is_err(), "the test releases the thread by dropping its end of the channel");
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

/// Is not affected by `block.sync`.
#[system_health_metric(key = "block.sync_other")]
fn other_than_blocked() -> u64 {
    7
}

/// Blocks a thread of the async runtime.
#[system_health_metric(key = "block_worker.async", timeout = "20ms")]
async fn blocks_worker(block: Block) -> u64 {
    block.wait();
    0
}

/// Is not affected by `block_worker.async`.
#[system_health_metric(key = "block_worker.async_other")]
async fn other_than_blocked_worker() -> u64 {
    7
}

/// Blocks a thread of the blocking pool, without a short timeout.
#[system_health_metric(key = "call.sync", timeout = "1h")]
fn sync_call(block: Block) -> u64 {
    block.wait();
    0
}

/// Blocks a thread of the async runtime, without a short timeout.
#[system_health_metric(key = "call.async", timeout = "1h")]
async fn async_call(block: Block) -> u64 {
    block.wait();
    0
}

#[tokio::test(start_paused = true)]
async fn a_timeout_names_the_resources_that_were_waited_for() {
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
    hang.resource: error: no result within 2s, the time left until the run's deadline, still waiting for Never
    hang.resources: error: no result within 2s, the time left until the run's deadline, still waiting for AfterNever and FiveSeconds and Never
    ");
    assert_eq!(run.duration().as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn no_metric_is_started_after_the_deadline() {
    let context = Context::new().with_deadline(Duration::from_secs(1));
    advance(Duration::from_secs(2)).await;

    let run = run("hang.itself", &context).await;

    assert_snapshot!(lines(&run), @"hang.itself: error: not started: the run's deadline had passed");
}

#[tokio::test(start_paused = true)]
async fn a_timeout_of_one_metric_does_not_abort_a_shared_resource() {
    let run = run("timeout.", &Context::new()).await;

    assert_snapshot!(lines(&run), @"
    timeout.short: error: no result within 1s, still waiting for FiveSeconds
    timeout.sufficient: value 1 []
    ");
}

#[tokio::test(start_paused = true)]
async fn a_resource_has_the_longest_timeout_but_ends_by_the_deadline_of_the_run() {
    let without_deadline = run("time_left.", &Context::new()).await;
    let with_deadline = run("time_left.", &Context::new().with_deadline(Duration::from_secs(100))).await;

    assert_snapshot!(lines(&without_deadline), @"
    time_left.seconds: value 120 []
    time_left.with_shorter_timeout: value 120 []
    ");
    assert_snapshot!(lines(&with_deadline), @"
    time_left.seconds: value 100 []
    time_left.with_shorter_timeout: value 100 []
    ");
}

#[tokio::test]
async fn a_run_does_not_wait_for_a_blocked_sync_collector() {
    let (release, block) = Block::new();

    let run = run("block.", &Context::new().provide(block)).await;

    assert_snapshot!(lines(&run), @"
    block.sync: error: no result within 20ms
    block.sync_other: value 7 []
    ");
    drop(release);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_is_not_called_again_while_its_call_in_an_earlier_run_blocks_a_thread() {
    for key in ["call.sync", "call.async"] {
        let (release, block) = Block::new();
        let (engine, catalog) = (Engine::new(), linked(key));
        let started = Arc::clone(&block.started);
        let interruption = Interruption::new(async move { started.notified().await });

        let interrupted = engine.clone().with_interruption(interruption);
        let first = interrupted.run(&catalog, &Context::new().provide(block.clone())).await;
        // The deadline only lets this test fail instead of waiting for the call.
        let context = Context::new().with_deadline(Duration::from_secs(5)).provide(block);
        let second = engine.run(&catalog, &context).await;

        assert_eq!(lines(&first), format!("{key}: error: interrupted before there was a result"));
        let expected = "not called, because its call in an earlier run still blocks a thread";
        assert_eq!(lines(&second), format!("{key}: error: {expected}"));
        drop(release);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_does_not_wait_for_an_async_collector_that_blocks() {
    let (release, block) = Block::new();

    let run = run("block_worker.", &Context::new().provide(block)).await;

    assert_snapshot!(lines(&run), @"
    block_worker.async: error: no result within 20ms
    block_worker.async_other: value 7 []
    ");
    drop(release);
}

#[tokio::test(start_paused = true)]
async fn a_program_waits_for_a_resource_until_the_deadline_but_at_least_a_second() {
    for (deadline, seconds) in [(100, 100), (0, 1)] {
        let start = Instant::now();
        let context = Context::new().with_deadline(Duration::from_secs(deadline));

        let result = context.get::<AfterNever>().await.map(|AfterNever| ());

        assert_eq!(result.unwrap_err().to_string(), "no AfterNever before the run's deadline");
        assert_eq!(start.elapsed().as_secs(), seconds);
    }
}
