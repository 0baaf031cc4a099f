//! Tells metrics when they were last recorded for delivery.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use system_health_registry::{KnownRun, PastRunFuture, PastRuns, Unavailable, slot_start};
use system_health_state::Continuity;
use tokio::sync::watch;

use crate::state::CurrentStore;

/// The runs in the state of the current run.
#[derive(Debug)]
pub(crate) struct RecordedRuns {
    /// `None` before the state is open.
    state: watch::Sender<Option<CurrentStore>>,
    /// The length of the schedule slot.
    slot: Duration,
}

/// There may be a previous run that is not known. It may have counted a part of the time that a metric would count now.
#[derive(Debug, thiserror::Error)]
#[error("the previous run is not known, because the state folder cannot be used or was damaged")]
struct UnknownPreviousRun;

impl RecordedRuns {
    /// For a run whose state is not open yet.
    pub(crate) fn new(slot: Duration) -> Arc<Self> {
        Arc::new(Self { state: watch::Sender::new(None), slot })
    }

    /// Uses the state of the run from now on.
    pub(crate) fn open(&self, store: &CurrentStore) {
        self.state.send_replace(Some(store.clone()));
    }
}

impl PastRuns for RecordedRuns {
    fn last_for_delivery<'a>(&'a self, key: &'a str, subject: &'a str, now: SystemTime) -> PastRunFuture<'a> {
        Box::pin(async move {
            let mut state = self.state.subscribe();
            let opened = state.wait_for(Option::is_some).await.map_err(Unavailable::from)?.clone();
            let Some(current) = opened else { return Ok(None) };
            if current.continuity() == Continuity::Interrupted || current.is_forgetful() {
                return Err(UnknownPreviousRun.into());
            }
            let (key, subject) = (key.to_owned(), subject.to_owned());
            let last = current
                .ask(current.store(), move |store| store.last_for_delivery(&key, &subject, now))
                .await?;
            let this_slot = slot_start(now, self.slot.max(Duration::from_secs(1)));
            Ok(last.map(|(timestamp, started_at)| {
                if timestamp >= this_slot { KnownRun::InSameSlot } else { KnownRun::StartedAt(started_at) }
            }))
        })
    }
}
