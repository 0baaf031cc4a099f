//! Runs collectors to their end: two runtimes, the signals that end a run, and output that nobody may hold up.

use std::{future::Future, io, num::NonZero, thread, time::Duration};

use anyhow::Context as _;
use indicatif::ProgressBar;
use tokio::{
    runtime::{self, Handle},
    task::spawn_blocking,
    time::{Instant, timeout_at},
};

use crate::{
    exit::{Signal, Status},
    output::{OutputError, Stdout},
    progress,
};

/// The minimum number of worker threads: a collector that blocks its thread must not stop the others.
const MIN_THREADS: usize = 2;

/// The time a reader of stdout gets even after the deadline.
const MIN_TIME_TO_PRINT: Duration = Duration::from_secs(1);

/// Runs the work until it is done or a signal arrives. An error of the work is logged and becomes the status
/// `failed`, except for an error about stdout, which is returned.
pub(super) fn block_on<F>(
    progress: &ProgressBar,
    show_progress: bool,
    failed: Status,
    work: impl FnOnce(Handle) -> F,
) -> anyhow::Result<Status>
where
    F: Future<Output = anyhow::Result<Status>>,
{
    let threads = thread::available_parallelism().map_or(MIN_THREADS, NonZero::get).max(MIN_THREADS);
    // Collectors have a runtime of their own. If they block all its threads, the deadline and the signals
    // still work.
    let workers = runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    let workers = workers.context("cannot start the collectors' runtime")?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start the runtime")?;
    let status = runtime.block_on(async {
        tokio::select! {
            biased;
            signal = signal() => Ok(Status::Interrupted(signal?)),
            status = work(workers.handle().clone()) => status,
            never = progress::show(progress, show_progress) => match never {},
        }
    });
    progress.finish_and_clear();
    // Threads that are still blocked must not keep the process alive.
    workers.shutdown_background();
    runtime.shutdown_background();
    match status {
        Ok(Status::Interrupted(signal)) => {
            tracing::error!("ended by {signal}");
            Ok(Status::Interrupted(signal))
        }
        Err(error) if !error.is::<OutputError>() => {
            tracing::error!("{error:#}");
            Ok(failed)
        }
        status => status,
    }
}

/// Prints the text. A reader that does not read cannot hold up the run's end or a signal.
pub(super) async fn print(
    stdout: Stdout,
    text: String,
    end: Instant,
    status: Status,
) -> anyhow::Result<Status> {
    let end = end.max(Instant::now() + MIN_TIME_TO_PRINT);
    let written = match timeout_at(end, spawn_blocking(move || stdout.write(&text))).await {
        Ok(written) => written?,
        Err(_) => Err(OutputError::unread().into()),
    };
    match (written, status) {
        (Ok(()), status) => Ok(status),
        (Err(error), Status::Done) => Err(error),
        (Err(error), status) => {
            tracing::error!("{error:#}");
            Ok(status)
        }
    }
}

/// Waits for a signal that ends the run.
async fn signal() -> io::Result<Signal> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            result = tokio::signal::ctrl_c() => result.map(|()| Signal::Interrupt),
            _ = terminate.recv() => Ok(Signal::Terminate),
        }
    }
    #[cfg(not(unix))]
    {
        tokio::signal::ctrl_c().await.map(|()| Signal::Interrupt)
    }
}
