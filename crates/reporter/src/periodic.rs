//! A reporter that pushes again and again while the program does something else.

use std::time::Duration;

use tokio::{
    sync::oneshot,
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};

use crate::{Finished, Reporter, ReporterError, error::Chain};

/// A reporter that pushes in the background, from [`Reporter::push_every`].
///
/// At the end of the program, call [`finish`](Self::finish), so that what was recorded since the last push is delivered. A
/// reporter that is dropped also pushes a last time, but only as long as the runtime exists.
#[derive(Debug)]
pub struct PeriodicReporter {
    stop: oneshot::Sender<()>,
    pushing: JoinHandle<Result<Finished, ReporterError>>,
}

impl Reporter {
    /// Pushes now, and again after each interval, in the background. A push that takes longer than the interval delays the next
    /// one. A push that fails is logged.
    ///
    /// # Panics
    /// Panics if the interval is zero, and outside a Tokio runtime.
    #[must_use = "the last values are delivered only if it is finished"]
    pub fn push_every(self, time: Duration) -> PeriodicReporter {
        let mut slots = interval(time);
        slots.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let (stop, mut stopped) = oneshot::channel();
        let pushing = tokio::spawn(async move {
            loop {
                tokio::select! {
                    biased;
                    _ = &mut stopped => return self.push().await,
                    _ = slots.tick() => {}
                }
                if let Err(error) = self.push().await {
                    tracing::error!("nothing was reported: {}", Chain(&error));
                }
            }
        });
        PeriodicReporter { stop, pushing }
    }
}

impl PeriodicReporter {
    /// Waits for a push that is in progress, pushes a last time, and returns this last run with its receipts.
    ///
    /// # Panics
    /// Panics if a push has panicked.
    pub async fn finish(self) -> Result<Finished, ReporterError> {
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
