//! A reporter that pushes again and again while the program does something else.

use std::time::{Duration, SystemTime};

use system_health_registry::slot_start;
use tokio::{
    sync::oneshot,
    task::JoinHandle,
    time::{MissedTickBehavior, interval, sleep},
};

use crate::{FinishedRun, Mode, Reporter, ReporterError, error::Chain};

/// The times of points are whole seconds.
const SECOND: Duration = Duration::from_secs(1);

/// A reporter that pushes in the background, from [`Reporter::push_every`].
///
/// At the end of the program, call [`finish`](Self::finish), so that what was recorded since the last push is delivered. A
/// reporter that is dropped also pushes a last time, but only as long as the runtime exists.
#[derive(Debug)]
pub struct PeriodicReporter {
    stop: oneshot::Sender<()>,
    pushing: JoinHandle<Result<FinishedRun, ReporterError>>,
}

impl Reporter {
    /// Pushes now, and again after each interval, in the background. An interval of less than a second counts as a second. A push
    /// that takes longer than the interval delays the next one. A push that fails is logged.
    ///
    /// [`align`](crate::ReporterBuilder::align) does not apply: each push has a time of its own, because backends keep only one of
    /// two points with the same time.
    ///
    /// # Panics
    /// Panics outside a Tokio runtime.
    #[must_use = "the last values are delivered only if it is finished"]
    pub fn push_every(mut self, time: Duration) -> PeriodicReporter {
        self.align = Duration::ZERO;

        let mut slots = interval(time.max(SECOND));
        slots.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let (stop, mut stopped) = oneshot::channel();
        let pushing = tokio::spawn(async move {
            let mut times = DistinctSeconds::default();
            loop {
                tokio::select! {
                    biased;
                    _ = &mut stopped => return self.run_at(Mode::Push, times.next().await).await,
                    _ = slots.tick() => {}
                }
                if let Err(error) = self.run_at(Mode::Push, times.next().await).await {
                    tracing::error!("nothing was reported: {}", Chain(&error));
                }
            }
        });
        PeriodicReporter { stop, pushing }
    }
}

/// Times in different seconds.
#[derive(Debug, Default)]
struct DistinctSeconds {
    last: Option<SystemTime>,
}

impl DistinctSeconds {
    /// The time now. If the last one was in the same second, waits for the next second.
    async fn next(&mut self) -> SystemTime {
        let now = SystemTime::now();
        let next = match self.last.map(|last| slot_start(last, SECOND) + SECOND) {
            // A time that is further ahead is that of a clock that was set back.
            Some(free) if now < free && free <= now + SECOND => free,
            _ => now,
        };
        sleep(next.duration_since(now).unwrap_or_default()).await;
        self.last = Some(next);
        next
    }
}

impl PeriodicReporter {
    /// Waits for a push that is in progress, pushes a last time, and returns this last run with its receipts.
    ///
    /// # Panics
    /// Panics if a push has panicked.
    pub async fn finish(self) -> Result<FinishedRun, ReporterError> {
        drop(self.stop);
        match self.pushing.await {
            Ok(last) => last,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(cancelled) => Err(ReporterError::Cancelled(cancelled.to_string())),
            },
        }
    }
}
