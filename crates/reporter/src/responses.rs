//! The responses that clients keep between runs. They are written to the state folder after the metrics were collected,
//! or earlier if they take too much memory.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use system_health_registry::{ResponseFuture, ResponseStore};
use system_health_state::{PackedResponse, Store};
use tokio::{
    sync::{Semaphore, watch},
    time::timeout,
};

use crate::{error::Chain, state::CurrentStore};

/// Maximum size of the responses that wait to be written, in bytes.
const MAX_WAITING_BYTES: usize = 4 << 20;
/// Maximum time to wait until the state folder is open.
const OPEN_TIMEOUT: Duration = Duration::from_secs(1);
/// Maximum number of responses that are loaded concurrently. Each loading thread gets a heap of its own from glibc, which
/// keeps what was freed there. With many threads, these heaps were a third of the memory of a run.
const MAX_CONCURRENT_LOADS: usize = 2;
/// The time of the last use is written only if the stored time is older than this.
const MIN_AGE_TO_UPDATE: Duration = Duration::from_hours(24);

/// The responses of a run.
#[derive(Debug)]
pub(crate) struct Responses {
    state: watch::Sender<State>,
    waiting: Mutex<Waiting>,
    loading: Semaphore,
}

/// The state of the run.
#[derive(Debug, Clone)]
enum State {
    Opening,
    /// The state outlives the run.
    Kept(CurrentStore),
    NotKept,
}

#[derive(Debug, Default)]
struct Waiting {
    new: Vec<(String, PackedResponse)>,
    /// The size of the new responses, in bytes.
    size: usize,
    /// The keys of stored responses that were used.
    used: Vec<String>,
}

impl Responses {
    /// For a run whose state is not open yet.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            state: watch::Sender::new(State::Opening),
            waiting: Mutex::default(),
            loading: Semaphore::new(MAX_CONCURRENT_LOADS),
        })
    }

    /// Uses the state of the run from now on, if it outlives the run.
    pub(crate) fn open(&self, store: &CurrentStore) {
        self.state.send_replace(if store.is_kept() { State::Kept(store.clone()) } else { State::NotKept });
    }

    /// Writes the responses that wait to be written.
    pub(crate) async fn write(&self) {
        let Waiting { new, used, .. } = mem::take(&mut *self.waiting());
        let Some(current) = self.kept_store().await else { return };
        if new.is_empty() && used.is_empty() {
            return;
        }
        let write = move |store: &Store| store.keep_responses(&new, &used, SystemTime::now());
        if let Err(error) = current.ask(current.store(), write).await {
            tracing::warn!("cannot keep responses for the next run: {}", Chain(&error));
        }
    }

    /// The store of the run, if it outlives the run. Waits for at most a second until it is open.
    async fn kept_store(&self) -> Option<CurrentStore> {
        let mut state = self.state.subscribe();
        let opened = timeout(OPEN_TIMEOUT, state.wait_for(|state| !matches!(state, State::Opening))).await;
        match &*opened.ok()?.ok()? {
            State::Kept(current) => Some(current.clone()),
            State::Opening | State::NotKept => None,
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ResponseStore for Responses {
    fn load<'a>(&'a self, key: &'a str) -> ResponseFuture<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            let current = self.kept_store().await?;
            let owned = key.to_owned();
            let permit = self.loading.acquire().await.ok()?;
            let found = current.ask(current.store(), move |store| {
                let found = store.response(&owned)?;
                Ok(found.and_then(|(response, last_used)| Some((response.unpack()?, last_used))))
            });
            let (response, last_used) = found.await.ok()??;
            drop(permit);
            if last_used.elapsed().is_ok_and(|age| age > MIN_AGE_TO_UPDATE) {
                self.waiting().used.push(key.to_owned());
            }
            Some(response)
        })
    }

    fn save<'a>(&'a self, key: &'a str, response: &'a [u8]) -> ResponseFuture<'a, ()> {
        Box::pin(async move {
            if self.kept_store().await.is_none() {
                return;
            }
            let Some(packed) = PackedResponse::new(response) else { return };
            let is_full = {
                let mut waiting = self.waiting();
                waiting.size += packed.size();
                waiting.new.push((key.to_owned(), packed));
                waiting.size > MAX_WAITING_BYTES
            };
            if is_full {
                self.write().await;
            }
        })
    }
}
