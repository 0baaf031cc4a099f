//! The loop: waits for a slot, runs, publishes the run, and reads the settings again if a signal asks for it.

use std::{convert::Infallible, pin::pin, time::SystemTime};

use humantime::format_rfc3339_seconds;
use system_health_registry::Interruption;
use system_health_reporter::{Finished, Mode, ReporterError, ServiceRun, Slots};

use crate::{
    clock::Clock, configuration::Configuration, latest::Latest, reload::ReloadSignal, run_summary::RunSummary,
};

/// The service. It ends when it is interrupted.
pub(crate) struct Service<'a> {
    pub(crate) clock: Clock,
    pub(crate) latest: &'a Latest,
    pub(crate) interruption: Interruption,
}

/// A reload that a signal requested during a run.
#[derive(Default)]
struct Reload {
    /// Whether it has not ended yet.
    is_unfinished: bool,
    /// The new configuration, if it can be used.
    configuration: Option<Configuration>,
}

impl Service<'_> {
    /// Runs in each slot until the interruption. `reload` makes a new configuration, or logs why it cannot be used. `log` is
    /// called with each finished run.
    ///
    /// The first run starts at once and collects everything, so that a restarted service soon has all values again.
    pub(crate) async fn run(
        &self,
        mut configuration: Configuration,
        mut signal: ReloadSignal,
        mut reload: impl AsyncFnMut() -> Option<Configuration>,
        log: impl Fn(&Finished),
    ) {
        // The slot of the previous run with these settings.
        let mut previous = None;
        let mut skipped = 0;
        let mut next = self.clock.now();
        let mut is_first = true;
        loop {
            let reloaded = tokio::select! {
                biased;
                () = self.interruption.happened() => return,
                () = signal.next() => match self.interruption.unless(reload()).await {
                    Some(reloaded) => reloaded,
                    None => return,
                },
                () = self.clock.until_start(next, configuration.slots) => {
                    let started_at = self.clock.now();
                    let run = ServiceRun { slot: configuration.slots.start_of(started_at), previous, skipped };
                    let (result, reloaded) =
                        self.run_once(&configuration, run, started_at, &mut signal, &mut reload).await;
                    let ended_at = self.clock.now();
                    let missed = configuration.slots.starts_between(run.slot, ended_at);
                    is_first = false;
                    match result {
                        Ok(finished) => {
                            (previous, skipped) = (Some(run.slot), missed);
                            self.latest.publish(finished.clone(), ended_at, run.previous.is_none(), &configuration);
                            // The line comes after the values are published, so that its reader finds them.
                            tracing::info!("{}", RunSummary(&finished));
                            log(&finished);
                        }
                        Err(error) => {
                            skipped += missed;
                            let error = anyhow::Error::from(error);
                            tracing::error!("the run failed: {error:#}");
                            self.latest.fail(format!("{error:#}"));
                        }
                    }
                    next = configuration.slots.next_after(ended_at);
                    reloaded
                }
            };
            if let Some(new) = reloaded {
                self.latest.configure(std::sync::Arc::clone(&new.served));
                configuration = new;
                // The next run collects everything, as the first one does.
                previous = None;
                if !is_first {
                    next = configuration.slots.next_after(self.clock.now());
                }
                tracing::info!(
                    "the settings were read again and apply from {}",
                    format_rfc3339_seconds(next)
                );
            }
        }
    }

    /// Makes a run. During the run, logs each slot that is skipped, and reads the settings again if a signal asks for it.
    async fn run_once(
        &self,
        configuration: &Configuration,
        run: ServiceRun,
        started_at: SystemTime,
        signal: &mut ReloadSignal,
        reload: &mut impl AsyncFnMut() -> Option<Configuration>,
    ) -> (Result<Finished, ReporterError>, Option<Configuration>) {
        let mut reloaded = Reload::default();
        let result = {
            let running = pin!(configuration.reporter.run_slot(Mode::Push, run, started_at));
            let watching = pin!(self.watch(configuration.slots, run.slot, signal, reload, &mut reloaded));
            tokio::select! {
                biased;
                result = running => result,
                never = watching => match never {},
            }
        };
        if reloaded.is_unfinished {
            // The end of the run interrupted the reload, so it starts again.
            reloaded.configuration =
                self.interruption.unless((*reload)()).await.flatten().or(reloaded.configuration);
        }
        (result, reloaded.configuration)
    }

    async fn watch(
        &self,
        slots: Slots,
        slot: SystemTime,
        signal: &mut ReloadSignal,
        reload: &mut impl AsyncFnMut() -> Option<Configuration>,
        reloaded: &mut Reload,
    ) -> Infallible {
        let mut next = slots.next_after(slot);
        loop {
            tokio::select! {
                biased;
                () = signal.next() => {
                    reloaded.is_unfinished = true;
                    let new = (*reload)().await;
                    reloaded.is_unfinished = false;
                    reloaded.configuration = new.or(reloaded.configuration.take());
                }
                () = self.clock.until_start(next, slots) => {
                    let now = self.clock.now();
                    // Otherwise, the clock was set back.
                    if next <= now {
                        let (skipped, running) = (format_rfc3339_seconds(next), format_rfc3339_seconds(slot));
                        tracing::warn!("the slot {skipped} is skipped, because the run of {running} is still in progress");
                    }
                    next = slots.next_after(now);
                }
            }
        }
    }
}
