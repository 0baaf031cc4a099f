//! Delivers the points and events that wait in the outboxes, without a run. A service does this when it ends.

use std::time::SystemTime;

use futures::future::join_all;
use system_health_registry::Context;
use tokio::time::{Instant, timeout_at};

use crate::{
    Delivery, DeliveryResult, Mode, Receipt, Reporter, ReporterError, StateError,
    courier::Courier,
    deadlines::{Deadlines, delivery_reserve, run_end},
    descriptions,
    error::Chain,
    guard::Connecting,
    name::reporter_name,
    outbox::Outbox,
    state::{CurrentStore, RunState},
    target::Target,
};

impl Reporter {
    /// Delivers the points and events that earlier runs have left in the state folder, without collecting anything. A service calls
    /// this when it ends, because its folder may not outlive it. The result has the destinations for which points or events
    /// waited; no other destination is contacted. Nothing is delivered to a backend without timestamps, because the backend would
    /// show old points as current values.
    ///
    /// # Panics
    /// Panics outside a Tokio runtime, and in a runtime whose timers are not enabled.
    pub async fn deliver_waiting(&self) -> Result<Vec<Delivery>, ReporterError> {
        if !self.keeps_state {
            return Ok(Vec::new());
        }
        let targets = self.targets(Mode::Push)?;
        let deadline = self.report.deadline;
        let end = run_end(Instant::now(), deadline);
        let state = RunState::open(self.state.folder(), end, end).await?;
        let current = state.current().await;
        let mut to_contact = Vec::new();
        for target in targets {
            if target.capabilities.keeps_timestamps
                && (Outbox::new(&current, target).pending_count().await? > 0
                    || self.has_events(target, &current).await?)
            {
                to_contact.push(target);
            }
        }
        if to_contact.is_empty() {
            return Ok(Vec::new());
        }
        let context = self.process.context_at(SystemTime::now()).with_deadline(deadline);
        let reserve = delivery_reserve(deadline);
        let name = timeout_at(end - reserve, self.name.tag(context.clone())).await.ok().flatten();
        let catalog =
            descriptions::with_remembered_descriptions(&self.catalog, &current, &self.selection).await;
        let described = descriptions::from_catalogs([&catalog].into_iter().chain(&self.self_metrics));
        let context = context.provide(reporter_name(name.as_ref())).provide(described);
        let deadlines = Deadlines::new(end, reserve);
        let delivering = to_contact.into_iter().map(|target| {
            let delivering = self.deliver_to(target, &current, context.clone(), deadlines);
            async move {
                let result = match self.interruption.run_until_interrupted(delivering).await {
                    Some(receipt) => DeliveryResult::Pushed(receipt),
                    None => DeliveryResult::Interrupted { kept: true },
                };
                Delivery { sink: target.destination.sink(), address: target.destination.address(), result }
            }
        });
        Ok(join_all(delivering).await)
    }

    /// Whether events wait for a destination.
    async fn has_events(&self, target: &Target, current: &CurrentStore) -> Result<bool, StateError> {
        let outbox = target.outbox.clone();
        let waiting = current.ask(current.store(), move |store| store.pending_events(&outbox));
        Ok(self.report.events && !waiting.await?.is_empty())
    }

    async fn deliver_to(
        &self,
        target: &Target,
        current: &CurrentStore,
        context: Context,
        deadlines: Deadlines,
    ) -> Receipt {
        let sink = Connecting::start(&target.destination, context).wait_until(deadlines.points).await;
        let recipient = target.recipient(self.align, self.watching_since.get());
        let courier = Courier { target, recipient, sink, timestamp: SystemTime::now(), deadlines };
        let mut receipt = Receipt::default();
        let delivering: Result<(), StateError> = async {
            courier.deliver_earlier(current, &mut receipt).await?;
            if self.report.events { courier.announce(current, &mut receipt).await } else { Ok(()) }
        }
        .await;
        if let Err(error) = delivering {
            receipt.fail(Chain(&error).to_string());
        }
        receipt
    }
}
