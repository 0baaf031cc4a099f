//! The loop: waits for a slot, runs, publishes the run. At the same time, reads the settings again if a signal asks for it.

use std::{convert::Infallible, pin::pin, sync::Arc, time::SystemTime};

use humantime::format_rfc3339_seconds;
use system_health_registry::Interruption;
use system_health_reporter::{
    Delivery, DeliveryResult, FinishedRun, Mode, Reporter, ReporterError, ServiceRun, Slots,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::{
    clock::Clock, configuration::Configuration, latest::Latest, parts::Parts, reload::ReloadSignal,
    run_summary::RunSummary, waiting_summary::WaitingSummary,
};

/// The service. It ends when it is interrupted.
pub(crate) struct Service<'a> {
    pub(crate) clock: Clock,
    pub(crate) latest: &'a Latest,
    pub(crate) parts: &'a Parts,
    pub(crate) interruption: Interruption,
}

impl Service<'_> {
    /// Runs in each slot until the interruption. After each `signal`, `reload` makes a new configuration, or logs why it
    /// cannot be used. `log` is called with each finished run.
    ///
    /// The first run starts at once and collects everything, so that a restarted service soon has all values again.
    pub(crate) async fn run(
        &self,
        configuration: Configuration,
        signal: ReloadSignal,
        reload: impl AsyncFnMut() -> Option<Configuration>,
        log: impl Fn(&FinishedRun),
    ) {
        let (sender, reloaded) = unbounded_channel();
        // The future of a run is large, and would be copied into the futures of all callers.
        let running = Box::pin(self.run_in_slots(configuration, reloaded, log));
        let reloading = pin!(reload_after_each(signal, reload, sender));
        tokio::select! {
            biased;
            () = running => {}
            never = reloading => match never {},
        }
    }

    async fn run_in_slots(
        &self,
        mut configuration: Configuration,
        mut reloaded: UnboundedReceiver<Configuration>,
        log: impl Fn(&FinishedRun),
    ) {
        // The slot of the previous run with these settings.
        let mut previous = None;
        let mut skipped = 0;
        let mut next = self.clock.now();
        loop {
            tokio::select! {
                biased;
                () = self.interruption.happened() => return deliver_waiting(&configuration.reporter).await,
                Some(new) = reloaded.recv() => {
                    self.latest.configure(Arc::clone(&new.served));
                    self.parts.configure(&new.served);
                    configuration = new;
                    // The next run collects everything, as the first one does.
                    previous = None;
                    let now = self.clock.now();
                    // A slot that has already begun still gets its run.
                    if now < next {
                        next = configuration.slots.next_after(now);
                    }
                    tracing::info!(
                        "the settings were read again and apply from {}",
                        format_rfc3339_seconds(next)
                    );
                }
                () = self.clock.until_start(next, configuration.slots) => {
                    let started_at = self.clock.now();
                    let run = ServiceRun { slot: configuration.slots.start_of(started_at), previous, skipped };
                    let result = self.run_once(&configuration, run, started_at).await;
                    // If the service was interrupted, this run has made the last delivery.
                    let is_last = self.interruption.has_happened();
                    let ended_at = self.clock.now();
                    let missed = configuration.slots.starts_between(run.slot, ended_at);
                    match result {
                        Ok(finished) => {
                            (previous, skipped) = (Some(run.slot), missed);
                            self.latest.publish(finished.clone(), ended_at, run.previous.is_none(), &configuration);
                            self.interruption.run_until_interrupted(self.parts.observe(&finished)).await;
                            // The line is logged after the values are published, so that whoever reads it finds the values.
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
                    if is_last {
                        return;
                    }
                    next = configuration.slots.next_after(ended_at);
                }
            }
        }
    }

    /// Makes a run, and logs each slot that is skipped meanwhile.
    async fn run_once(
        &self,
        configuration: &Configuration,
        run: ServiceRun,
        started_at: SystemTime,
    ) -> Result<FinishedRun, ReporterError> {
        let running = pin!(configuration.reporter.run_slot(Mode::Push, run, started_at));
        let logging = pin!(self.log_skipped(configuration.slots, run.slot));
        tokio::select! {
            biased;
            result = running => result,
            never = logging => match never {},
        }
    }

    async fn log_skipped(&self, slots: Slots, slot: SystemTime) -> Infallible {
        let mut next = slots.next_after(slot);
        loop {
            self.clock.until_start(next, slots).await;
            let now = self.clock.now();
            // If the slot has not begun, the clock was set back.
            if next <= now {
                let last = slots.start_of(now);
                let (first, run) = (format_rfc3339_seconds(next), format_rfc3339_seconds(slot));
                // Several slots are skipped at once if the clock was set ahead, or if the machine was suspended.
                let skipped = if next == last {
                    format!("the slot {first} is skipped")
                } else {
                    format!("the slots {first} to {} are skipped", format_rfc3339_seconds(last))
                };
                tracing::warn!("{skipped}, because the run of {run} is still in progress");
            }
            next = slots.next_after(now);
        }
    }
}

/// Delivers what earlier runs have left, because the state folder may not outlive the process.
async fn deliver_waiting(reporter: &Reporter) {
    match reporter.deliver_waiting().await {
        Ok(deliveries) => {
            for Delivery { sink, address, result, .. } in deliveries {
                let destination = format!("{sink} ({address})");
                match result {
                    DeliveryResult::Pushed(receipt) => {
                        let summary = WaitingSummary(&receipt);
                        if summary.is_complete() {
                            tracing::info!("left by earlier runs: {destination}: {summary}");
                        } else {
                            tracing::warn!("left by earlier runs: {destination}: {summary}");
                        }
                    }
                    DeliveryResult::Interrupted { .. } | DeliveryResult::DryRun(_) => {
                        tracing::info!("left by earlier runs: {destination}: interrupted");
                    }
                }
            }
        }
        Err(error) => {
            let error = anyhow::Error::from(error);
            tracing::warn!("what earlier runs have left is not delivered: {error:#}");
        }
    }
}

/// Reads the settings again after each signal. Runs continue meanwhile, because secrets may have to be read from another machine.
async fn reload_after_each(
    mut signal: ReloadSignal,
    mut reload: impl AsyncFnMut() -> Option<Configuration>,
    sender: UnboundedSender<Configuration>,
) -> Infallible {
    loop {
        signal.next().await;
        if let Some(new) = reload().await {
            // The receiver lives as long as the service.
            let _ = sender.send(new);
        }
    }
}
