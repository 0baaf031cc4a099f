//! Runs collectors until they are done or a signal interrupts them, and prints with a time limit, because a reader may stall.

use std::{
    future::Future,
    io,
    num::NonZero,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::pin,
    thread,
    time::Duration,
};

use anyhow::Context as _;
use futures::channel::oneshot;
use humantime::format_duration;
use indicatif::ProgressBar;
use system_health_registry::Interruption;
use tokio::{
    runtime::{self, Handle, Runtime},
    task::spawn_blocking,
    time::{Instant, timeout, timeout_at},
};

use crate::{
    exit::{ExitStatus, Signal},
    output::OutputError,
    progress,
};

/// Minimum number of worker threads, so that a collector that blocks its thread does not stop the others.
const MIN_THREADS: usize = 2;

/// Minimum time that the reader of stdout gets, even if the deadline has passed or the run was interrupted before.
const MIN_TIME_TO_PRINT: Duration = Duration::from_secs(1);

/// Maximum time for an interrupted run to record and print what has finished. By default, Kubernetes kills a container
/// 30 seconds after the first signal.
const MAX_TIME_TO_STOP: Duration = Duration::from_secs(10);

/// What happens when a signal asks the work to stop.
#[derive(Debug, Clone, Copy)]
pub struct StopPolicy {
    /// What is logged at the first signal, after its name. A second signal ends the process at once.
    pub message: &'static str,
    /// Maximum time for the work to stop. After that, the work is abandoned.
    pub timeout: Duration,
    /// Whether a signal is the normal end of the work, as it is for a service. If so, the status of the work counts. If not, the
    /// status of the signal counts.
    pub is_normal_end: bool,
}

impl StopPolicy {
    /// For a run, which is not complete if it is interrupted.
    pub(crate) const RUN: Self = Self {
        message: "the run stops and prints what has finished; a second signal ends it at once",
        timeout: MAX_TIME_TO_STOP,
        is_normal_end: false,
    };
}

/// Runs the work until it is done. The first signal interrupts it, so that it can stop cleanly. The second
/// signal ends it at once. An error is logged and becomes the status `failed`, unless it is about stdout: then it is
/// returned.
pub(crate) fn block_on<F>(
    progress: &ProgressBar,
    show_progress: bool,
    failed: ExitStatus,
    stop_policy: StopPolicy,
    work: impl FnOnce(Handle, Interruption) -> F,
) -> anyhow::Result<ExitStatus>
where
    F: Future<Output = anyhow::Result<ExitStatus>>,
{
    let threads = thread::available_parallelism().map_or(MIN_THREADS, NonZero::get).max(MIN_THREADS);
    // Collectors have a runtime of their own. If they block all its threads, the deadline and the signals
    // still work.
    let workers = runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    let workers = workers.context("cannot start the collectors' runtime")?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start the runtime")?;
    let handle = workers.handle().clone();
    let status = block_on_and_end(runtime, workers, async {
        let mut signals = Signals::new()?;
        let (interrupt, interrupted) = oneshot::channel::<()>();
        let interruption = Interruption::new(async move {
            // Nothing is sent. Dropping the sender interrupts the work.
            let _ = interrupted.await;
        });
        let mut work = pin!(work(handle, interruption));
        let signal = tokio::select! {
            biased;
            signal = signals.next() => signal?,
            status = &mut work => return status,
            never = progress::show(progress, show_progress) => match never {},
        };
        progress.finish_and_clear();
        if stop_policy.is_normal_end {
            tracing::info!("{signal}: {}", stop_policy.message);
        } else {
            tracing::warn!("{signal}: {}", stop_policy.message);
        }
        drop(interrupt);
        let (signal, detail) = tokio::select! {
            biased;
            second = signals.next() => (second?, ", the second signal, so the process ends at once".to_owned()),
            stopped = timeout(stop_policy.timeout, work) => match stopped {
                Ok(status) if stop_policy.is_normal_end => return status,
                Ok(Ok(_)) => (signal, String::new()),
                Ok(Err(error)) => {
                    tracing::error!("{error:#}");
                    (signal, String::new())
                }
                Err(_) => {
                    let limit = format_duration(stop_policy.timeout);
                    (signal, format!(", and not finished within {limit}, so the process ends now"))
                }
            }
        };
        tracing::error!("interrupted by {signal}{detail}");
        Ok(ExitStatus::Interrupted(signal))
    });
    progress.finish_and_clear();
    match status {
        Err(error) if !error.is::<OutputError>() => {
            tracing::error!(hint = crate::hints::hint(&error), "{error:#}");
            Ok(failed)
        }
        status => status,
    }
}

/// Runs the work, and ends both runtimes. Threads that are still blocked must not keep the process alive, even if the work panics:
/// when a runtime is dropped, it waits for its threads.
pub(crate) fn block_on_and_end<T>(runtime: Runtime, workers: Runtime, work: impl Future<Output = T>) -> T {
    let result = catch_unwind(AssertUnwindSafe(|| runtime.block_on(work)));
    workers.shutdown_background();
    runtime.shutdown_background();
    match result {
        Ok(result) => result,
        Err(panic) => resume_unwind(panic),
    }
}

/// Prints the data of a run, in a thread that may block. Waits for a slow reader until `end`, but at least for
/// [`MIN_TIME_TO_PRINT`], and no longer than that if the run was interrupted before. An interruption during printing ends it at
/// once.
pub(crate) async fn print(
    print: impl FnOnce() -> anyhow::Result<()> + Send + 'static,
    end: Instant,
    status: ExitStatus,
    interruption: &Interruption,
) -> anyhow::Result<ExitStatus> {
    let soon = Instant::now() + MIN_TIME_TO_PRINT;
    let is_interrupted = interruption.has_happened();
    let end = if is_interrupted { soon } else { end.max(soon) };
    let writing = timeout_at(end, spawn_blocking(print));
    let written =
        if is_interrupted { Some(writing.await) } else { interruption.run_until_interrupted(writing).await };
    let written = match written {
        Some(Ok(written)) => written?,
        Some(Err(_)) => Err(OutputError::unread().into()),
        // The signal becomes the status.
        None => return Ok(status),
    };
    match (written, status) {
        (Ok(()), status) => Ok(status),
        (Err(error), ExitStatus::Done) => Err(error),
        (Err(error), status) => {
            tracing::error!("{error:#}");
            Ok(status)
        }
    }
}

/// The signals that interrupt a run.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    /// Starts to listen for signals.
    fn new() -> io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};

            let (interrupt, terminate) = (SignalKind::interrupt(), SignalKind::terminate());
            Ok(Self { interrupt: signal(interrupt)?, terminate: signal(terminate)? })
        }
        #[cfg(not(unix))]
        {
            Ok(Self {})
        }
    }

    /// Waits for the next signal.
    async fn next(&mut self) -> io::Result<Signal> {
        #[cfg(unix)]
        {
            tokio::select! {
                _ = self.interrupt.recv() => Ok(Signal::Interrupt),
                _ = self.terminate.recv() => Ok(Signal::Terminate),
            }
        }
        #[cfg(not(unix))]
        {
            tokio::signal::ctrl_c().await.map(|()| Signal::Interrupt)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_panic_does_not_wait_for_a_collector_that_blocks() {
        let workers = runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let runtime = runtime::Builder::new_current_thread().build().unwrap();
        let (start, started) = mpsc::channel::<()>();
        let (release, released) = mpsc::channel::<()>();
        workers.spawn(async move {
            start.send(()).unwrap();
            // The limit only lets this test fail instead of waiting for ever.
            let _ = released.recv_timeout(Duration::from_secs(20));
        });
        started.recv().unwrap();

        let run = || block_on_and_end::<()>(runtime, workers, async { panic!("a bug") });
        let ended = catch_unwind(AssertUnwindSafe(run));

        assert!(ended.is_err());
        release.send(()).expect("the collector still blocks");
    }
}
