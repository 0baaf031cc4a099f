//! The state of a run. A run must not fail because of the state folder: an error is logged once, and the run continues with a
//! store in memory.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

use system_health_registry::Report;
use system_health_state::{Opened, Recipient, RunId, Store, StoreError};
use tokio::{
    sync::Mutex,
    task::{JoinError, spawn_blocking},
    time::{Instant, timeout},
};

use crate::error::Chain;

/// A store that takes longer, for example on a lost network file system, counts as unusable.
const PATIENCE: Duration = Duration::from_secs(15);
/// The minimum also when the deadline of the run is near, to record what was delivered.
const LEAST_PATIENCE: Duration = Duration::from_secs(1);

/// Points and events that have waited longer for other destinations than those of the run are dropped: nothing else empties the
/// outbox of a destination that was removed from the settings.
const ABANDONED_AFTER: Duration = Duration::from_hours(30 * 24);

/// Why the state cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// No folder is set, and there is no default.
    #[error("there is no home directory")]
    NoHome,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder does not respond, for example on a lost network file system.
    #[error("the state folder did not answer within {0:.0?}")]
    Silent(Duration),
    /// The folder did not respond before, and is not used again.
    #[error("the state folder does not answer")]
    GivenUp,
    /// The task that used the store was stopped.
    #[error("the store broke down")]
    Task(#[from] JoinError),
}

/// The state of a run. All destinations share it. If one finds the store unusable, the store is replaced for all.
#[derive(Debug)]
pub(crate) struct RunState {
    current: Mutex<Kept>,
}

/// A store with its condition.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    store: Arc<Store>,
    /// The folder; `None` in memory.
    folder: Option<PathBuf>,
    /// Whether state should be kept.
    wanted: bool,
    /// Whether the store already replaces a damaged one.
    replaced: bool,
    /// A store that could not be written. Points that wait in it may still be read and delivered.
    unwritable: Option<Arc<Store>>,
    /// Whether the folder has stopped responding.
    silent: Arc<AtomicBool>,
    deadline: Instant,
}

/// A recorded report.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    pub(crate) kept: Kept,
    pub(crate) run: RunId,
}

impl RunState {
    /// A store for a run that keeps no state.
    pub(crate) fn unwanted(deadline: Instant) -> Result<Self, StateError> {
        Ok(Self::new(Kept { wanted: false, ..Kept::in_memory(deadline)? }))
    }

    /// Opens the store in a folder, or one in memory if the folder does not respond early enough.
    pub(crate) async fn open(
        folder: Result<PathBuf, StateError>,
        early_enough: Instant,
        deadline: Instant,
    ) -> Result<Self, StateError> {
        let (opened, folder) = match folder {
            Ok(folder) => (Kept::in_folder(folder.clone(), early_enough, Store::open).await, Some(folder)),
            Err(error) => (Err(error), None),
        };
        match opened {
            Ok(opened) => Ok(Self::new(Kept { deadline, ..opened })),
            Err(error) => {
                give_up(&error);
                let unwritable = match folder {
                    Some(folder) if !matches!(error, StateError::Silent(_)) => {
                        patiently(early_enough, move || Store::open_as_it_is(&folder)).await.ok()
                    }
                    _ => None,
                };
                Ok(Self::new(Kept { unwritable: unwritable.map(Arc::new), ..Kept::in_memory(deadline)? }))
            }
        }
    }

    fn new(kept: Kept) -> Self {
        Self { current: Mutex::new(kept) }
    }

    /// The current store.
    pub(crate) async fn current(&self) -> Kept {
        self.current.lock().await.clone()
    }

    /// Records a report, and adds its points to the outboxes. If that fails, it is recorded
    /// [anew](Self::record_anew).
    pub(crate) async fn record(
        &self,
        report: &Arc<Report>,
        recipients: &[Recipient],
    ) -> Result<Recorded, StateError> {
        let kept = self.current().await;
        match kept.try_record(report, recipients).await {
            Err(error) => self.record_anew(&kept, error, report, recipients).await,
            Ok(run) => Ok(Recorded { kept, run }),
        }
    }

    /// Records a report in another store after a failure: a new file replaces a damaged one. If that fails as well, the rest of
    /// the run uses a store in memory.
    pub(crate) async fn record_anew(
        &self,
        failed: &Kept,
        mut error: StateError,
        report: &Arc<Report>,
        recipients: &[Recipient],
    ) -> Result<Recorded, StateError> {
        let mut current = self.current.lock().await;
        // Another destination may have replaced the store already.
        if !Arc::ptr_eq(&current.store, &failed.store) {
            match current.try_record(report, recipients).await {
                Ok(run) => return Ok(Recorded { kept: current.clone(), run }),
                Err(newer) => error = newer,
            }
        }
        let Some(folder) = current.folder.take() else { return Err(error) };
        let is_damaged = matches!(&error, StateError::Store(error) if error.is_damage());
        if is_damaged
            && !current.replaced
            && let Ok(anew) = Kept::in_folder(folder, current.deadline, Store::replace_damaged).await
        {
            *current = Kept { replaced: true, ..anew };
            if let Ok(run) = current.try_record(report, recipients).await {
                return Ok(Recorded { kept: current.clone(), run });
            }
        }
        give_up(&error);
        let unwritable = (!is_damaged).then(|| Arc::clone(&current.store));
        let silent = Arc::clone(&current.silent);
        *current = Kept { unwritable, silent, ..Kept::in_memory(current.deadline)? };
        let run = current.try_record(report, recipients).await?;
        Ok(Recorded { kept: current.clone(), run })
    }
}

impl Kept {
    /// A store in memory, for this run only.
    fn in_memory(deadline: Instant) -> Result<Self, StateError> {
        Ok(Self::with(Arc::new(Store::in_memory()?), None, deadline))
    }

    /// Whether the store outlives the run.
    pub(crate) fn is_kept(&self) -> bool {
        self.folder.is_some()
    }

    /// Whether it should outlive the run.
    pub(crate) fn is_wanted(&self) -> bool {
        self.wanted
    }

    /// The store that the run is recorded in.
    pub(crate) fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// A store in which the run could not be recorded. Points that wait in it are delivered first.
    pub(crate) fn unwritable(&self) -> Option<&Arc<Store>> {
        self.unwritable.as_ref()
    }

    /// Deletes data that is older than the settings allow.
    pub(crate) async fn prune(&self, keep: Duration) {
        let Some(since) = SystemTime::now().checked_sub(keep) else { return };
        if let Err(error) = self.ask(&self.store, move |store| store.keep(since)).await {
            tracing::warn!("cannot delete old runs: {}", Chain(&error));
        }
    }

    /// Drops points and events that have waited too long for destinations without deliveries, and logs a warning.
    pub(crate) async fn drop_abandoned(&self, recipients: &[Recipient]) {
        if !self.is_kept() {
            return;
        }
        let Some(before) = SystemTime::now().checked_sub(ABANDONED_AFTER) else { return };
        let current: Vec<String> = recipients.iter().map(|recipient| recipient.destination.clone()).collect();
        let dropped = self.ask(&self.store, move |store| {
            let current: Vec<&str> = current.iter().map(String::as_str).collect();
            store.drop_abandoned(&current, before)
        });
        match dropped.await {
            Ok(dropped) => {
                for (destination, count) in dropped {
                    tracing::warn!(
                        "{count} points and events that waited for {destination} are dropped: no run has delivered there \
                         for 30 days"
                    );
                }
            }
            Err(error) => tracing::warn!("cannot drop what waits for former destinations: {}", Chain(&error)),
        }
    }

    /// Uses one of the stores in a thread that may block.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        store: &Arc<Store>,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StateError> {
        let in_memory = self.folder.is_none() && Arc::ptr_eq(store, &self.store);
        let store = Arc::clone(store);
        if in_memory {
            return Ok(spawn_blocking(move || work(&store)).await??);
        }
        if self.silent.load(Relaxed) {
            return Err(StateError::GivenUp);
        }
        let done = patiently(self.deadline, move || work(&store)).await;
        if matches!(done, Err(StateError::Silent(_))) {
            self.silent.store(true, Relaxed);
        }
        done
    }

    async fn try_record(&self, report: &Arc<Report>, recipients: &[Recipient]) -> Result<RunId, StateError> {
        let (report, recipients) = (Arc::clone(report), recipients.to_vec());
        self.ask(&self.store, move |store| store.record_for(&report, &recipients)).await
    }

    async fn in_folder(
        folder: PathBuf,
        deadline: Instant,
        open: impl FnOnce(&Path) -> Result<Opened, StoreError> + Send + 'static,
    ) -> Result<Self, StateError> {
        let place = folder.clone();
        let Opened { store, moved_aside } = patiently(deadline, move || open(&place)).await?;
        if let Some(damaged) = moved_aside {
            warn_of_damage(&damaged);
        }
        Ok(Self::with(Arc::new(store), Some(folder), deadline))
    }

    fn with(store: Arc<Store>, folder: Option<PathBuf>, deadline: Instant) -> Self {
        Self {
            store,
            folder,
            wanted: true,
            replaced: false,
            unwritable: None,
            silent: Arc::default(),
            deadline,
        }
    }
}

async fn patiently<T: Send + 'static>(
    deadline: Instant,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StateError> {
    let patience = deadline.saturating_duration_since(Instant::now()).clamp(LEAST_PATIENCE, PATIENCE);
    match timeout(patience, spawn_blocking(work)).await {
        Ok(done) => Ok(done??),
        Err(_) => Err(StateError::Silent(patience)),
    }
}

/// Logs that a file was moved aside.
pub fn warn_of_damage(moved_aside: &Path) {
    tracing::warn!(
        "the state was damaged and starts anew; the old data, including undelivered points, is in {}",
        moved_aside.display()
    );
}

fn give_up(error: &StateError) {
    tracing::warn!(
        "cannot keep state: {}; this run continues without it, and points that it cannot deliver are lost",
        Chain(error)
    );
}
