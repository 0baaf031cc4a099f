//! A reporter that pushes again and again while the program does something else.

use std::time::{Duration, SystemTime};

use system_health_registry::slot_start;
use tokio::{
    runtime::Handle,
    sync::oneshot,
    task::JoinHandle,
    time::{MissedTickBehavior, interval, sleep},
};

use crate::{Delivery, DeliveryResult, FinishedRun, Mode, Reporter, ReporterError, error::Chain};

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
    /// that takes longer than the interval delays the next one. A push that fails, or delivers only a part, is logged. For any other
    /// reaction, see [`push_every_with`](Self::push_every_with).
    ///
    /// [`align`](crate::ReporterBuilder::align) does not apply: each push has a time of its own, because backends keep only one of
    /// two points with the same time.
    ///
    /// # Panics
    /// Panics outside a Tokio runtime, and in a runtime whose timers are not enabled. `#[tokio::main]` and
    /// [`enable_all`](tokio::runtime::Builder::enable_all) enable them.
    #[must_use = "call `finish` at the end of the program, so that the last values are delivered"]
    #[track_caller]
    pub fn push_every(self, every: Duration) -> PeriodicReporter {
        self.push_every_with(every, log)
    }

    /// Pushes like [`push_every`](Self::push_every), and calls a function with the result of each push, before the next one starts.
    /// This includes the last push, whose result [`finish`](PeriodicReporter::finish) also returns. No result is logged. The function
    /// must not block, because it runs on the thread of the pushes.
    ///
    /// # Panics
    /// Panics outside a Tokio runtime, and in a runtime whose timers are not enabled.
    #[must_use = "call `finish` at the end of the program, so that the last values are delivered"]
    #[track_caller]
    pub fn push_every_with(
        mut self,
        every: Duration,
        mut on_result: impl FnMut(&Result<FinishedRun, ReporterError>) + Send + 'static,
    ) -> PeriodicReporter {
        assert!(
            Handle::try_current().is_ok(),
            "`push_every` and `push_every_with` must be called inside a Tokio runtime"
        );
        self.align = Duration::ZERO;

        let mut ticks = interval(every.max(SECOND));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let (stop, mut stopped) = oneshot::channel();
        let pushing = tokio::spawn(async move {
            let mut times = DistinctSeconds::default();
            loop {
                let is_last = tokio::select! {
                    biased;
                    _ = &mut stopped => true,
                    _ = ticks.tick() => false,
                };
                let result = self.run_at(Mode::Push, times.next().await).await;
                on_result(&result);
                if is_last {
                    return result;
                }
            }
        });
        PeriodicReporter { stop, pushing }
    }
}

/// Logs what nobody sees otherwise, because only the last run is returned, and only by `finish`.
fn log(result: &Result<FinishedRun, ReporterError>) {
    let finished = match result {
        Ok(finished) => finished,
        Err(error) => {
            tracing::error!("the push failed: {}", Chain(error));
            return;
        }
    };
    for Delivery { sink, address, result } in finished.deliveries.iter().filter(|it| it.has_failed()) {
        let error = match result {
            DeliveryResult::Pushed(receipt) => {
                let refusal = receipt.refused.first().map(|refusal| refusal.error.as_str());
                receipt.error.as_deref().or(refusal).unwrap_or("points are left or lost")
            }
            _ => "interrupted",
        };
        tracing::error!("not everything was delivered to {sink} ({address}): {error}");
    }
    for unmatched in &finished.unmatched {
        tracing::warn!("{unmatched}");
    }
}

/// Times in different seconds.
#[derive(Debug, Default)]
struct DistinctSeconds {
    last: Option<SystemTime>,
}

impl DistinctSeconds {
    /// The time now. If the last time was in the same second, waits for the next second and returns its start.
    async fn next(&mut self) -> SystemTime {
        let now = SystemTime::now();
        let next = match self.last.map(|last| slot_start(last, SECOND) + SECOND) {
            // If the free second is further ahead, the clock was set back.
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
    /// Panics if a push or the function that got its result has panicked.
    pub async fn finish(self) -> Result<FinishedRun, ReporterError> {
        drop(self.stop);
        match self.pushing.await {
            Ok(last) => last,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // Nothing else cancels the task.
                Err(_) => Err(ReporterError::Cancelled(
                    "the runtime of the periodic pushes has ended; call `finish` before that".to_owned(),
                )),
            },
        }
    }
}
