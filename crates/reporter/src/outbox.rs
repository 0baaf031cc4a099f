//! The outbox of one destination, for asynchronous callers.

use std::{ops::Range, sync::Arc, time::SystemTime};

use system_health_state::{PendingId, PendingPoint, RunId, Store};
use tokio::sync::oneshot;

use crate::{StateError, state::CurrentStore, target::Target};

/// The outbox of one destination, in one store.
#[derive(Clone, Copy)]
pub(crate) struct Outbox<'a> {
    pub(crate) current: &'a CurrentStore,
    pub(crate) store: &'a Arc<Store>,
    pub(crate) name: &'a str,
    /// This run, if there is one. Its points are counted separately.
    pub(crate) own: Option<RunId>,
    /// Whether only the points of this run are delivered.
    pub(crate) only_own: bool,
}

impl<'a> Outbox<'a> {
    /// The outbox of a destination, in the store of the run.
    pub(crate) fn new(current: &'a CurrentStore, target: &'a Target) -> Self {
        Self { current, store: current.store(), name: &target.outbox, own: None, only_own: false }
    }

    /// The next waiting points.
    pub(crate) async fn pending(
        &self,
        limit: usize,
        after: Option<PendingId>,
    ) -> Result<Vec<PendingPoint>, StateError> {
        let name = self.name.to_owned();
        self.current.ask(self.store, move |store| store.pending(&name, limit, after)).await
    }

    /// Removes points whose time is outside the range.
    pub(crate) async fn expire(&self, times: Range<SystemTime>) -> Result<u64, StateError> {
        let name = self.name.to_owned();
        self.current.ask(self.store, move |store| store.expire(&name, &times)).await
    }

    /// Removes points of runs before this one.
    pub(crate) async fn supersede(&self) -> Result<u64, StateError> {
        let Some(own) = self.own else { return Ok(0) };
        let name = self.name.to_owned();
        self.current.ask(self.store, move |store| store.supersede(&name, own)).await
    }

    /// Marks points that must not be sent twice, and returns those that no other process is sending. If the caller has given up
    /// before the points were marked, nobody sends them, so they are returned to the outbox.
    pub(crate) async fn begin_sending(&self, ids: Vec<PendingId>) -> Result<Vec<PendingId>, StateError> {
        let name = self.name.to_owned();
        let now = SystemTime::now();
        let (sender, mut receiver) = oneshot::channel();
        let begin = move |store: &Store| {
            let begun = store.begin_sending(&name, &ids, now)?;
            // This fails if the receiver was closed after a timeout, or dropped with the future of the caller.
            sender.send(begun).or_else(|begun| store.return_to_outbox(&name, &begun))
        };
        let asked = self.current.ask(self.store, begin).await;
        // After a timeout, the points may be marked at any time. Either they are received here, or they are returned to the outbox.
        receiver.close();
        receiver.try_recv().or_else(|_| asked.map(|()| Vec::new()))
    }

    /// Gives up points that were marked before this time as being sent, and returns their number.
    pub(crate) async fn give_up_sending(&self, before: SystemTime) -> Result<u64, StateError> {
        let name = self.name.to_owned();
        self.current.ask(self.store, move |store| store.give_up_sending(&name, before)).await
    }

    /// Puts points back into the outbox, because they have certainly not arrived. If this fails, a later run gives them up.
    pub(crate) async fn return_to_outbox(&self, ids: Vec<PendingId>) -> Result<(), StateError> {
        let name = self.name.to_owned();
        self.current.ask(self.store, move |store| store.return_to_outbox(&name, &ids)).await
    }

    /// Removes points. If this fails, a later run sends them again if the backend overwrites repeated points, and otherwise
    /// gives them up.
    pub(crate) async fn settle(&self, ids: Vec<PendingId>) -> Result<(), StateError> {
        let name = self.name.to_owned();
        self.current.ask(self.store, move |store| store.settle(&name, &ids)).await
    }

    /// The number of points of this run that the destination does not get, because an earlier run had the same series at the
    /// same time, or a total of the counter at a later time. Logs a warning if there are any.
    pub(crate) async fn repeated_count(&self) -> Result<u64, StateError> {
        let Some(own) = self.own else { return Ok(0) };
        let name = self.name.to_owned();
        let repeated = self.current.ask(self.store, move |store| store.repeated_count(&name, own)).await?;
        if repeated > 0 {
            tracing::warn!(
                "{repeated} points are not sent to {}, because an earlier run had the same series at the same time, or counter \
                 totals at a later time, and their values would be added up",
                self.name
            );
        }
        Ok(repeated)
    }

    /// The number of counters of this run whose increase is not known yet.
    pub(crate) async fn baseline_count(&self) -> Result<u64, StateError> {
        let Some(own) = self.own else { return Ok(0) };
        let name = self.name.to_owned();
        self.current.ask(self.store, move |store| store.baseline_count(&name, own)).await
    }

    /// The number of points of this run that the destination does not get, because they continue points of earlier
    /// runs, which the store does not have.
    pub(crate) async fn withheld_count(&self) -> Result<u64, StateError> {
        let Some(own) = self.own else { return Ok(0) };
        let name = self.name.to_owned();
        self.current.ask(self.store, move |store| store.withheld_count(&name, own)).await
    }

    /// Whether the store can be written, so that points that add up can be marked as being sent.
    pub(crate) fn is_writable(&self) -> bool {
        !self.current.unwritable().is_some_and(|unwritable| Arc::ptr_eq(unwritable, self.store))
    }

    /// The number of waiting points.
    pub(crate) async fn pending_count(&self) -> Result<u64, StateError> {
        let name = self.name.to_owned();
        self.current.ask(self.store, move |store| store.pending_count(&name)).await
    }
}
