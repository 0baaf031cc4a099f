//! The state of a run. A run must not fail because of the state folder: a warning is logged, and the run continues with a
//! new file or a store in memory.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

use system_health_registry::Report;
use system_health_state::{Call, Continuity, OpenedStore, Recipient, RunCopy, RunId, Store, StoreError};
use tokio::{
    sync::Mutex,
    task::{JoinError, spawn_blocking},
    time::{Instant, timeout},
};

use crate::{
    error::Chain,
    withheld::{Contents, Withheld},
};

/// The maximum timeout of a call to the store. A store that takes longer, for example on a lost network file system, counts as
/// unusable.
const MAX_WAIT: Duration = Duration::from_secs(15);
/// The minimum timeout, even if the deadline of the run is near. It is needed to record what was delivered.
const MIN_WAIT: Duration = Duration::from_secs(1);

/// A run drops points and events that are older than this and wait for a destination to which the run does not deliver. Nothing
/// else empties the outbox of a destination that was removed from the settings.
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
    #[error("the state folder did not respond within {0:.0?}")]
    Timeout(Duration),
    /// The folder has stopped responding earlier in the run, so it is not used again.
    #[error("the state folder does not respond")]
    Unresponsive,
    /// The task that used the store panicked or was cancelled.
    #[error("the task that uses the store failed")]
    Task(#[from] JoinError),
}

/// The state of a run. All destinations share it. If the store fails for one destination, it is replaced for all.
#[derive(Debug)]
pub(crate) struct RunState {
    current: Mutex<CurrentStore>,
}

/// The store of a run, and what happened to it during the run.
#[derive(Debug, Clone)]
pub(crate) struct CurrentStore {
    store: Arc<Store>,
    /// The folder. `None` for a store in memory.
    folder: Option<PathBuf>,
    /// Whether the run should keep state.
    wanted: bool,
    /// Whether this store has replaced a store whose file seemed to be damaged during the run.
    is_replacement: bool,
    /// Whether earlier runs may have been forgotten, with their totals of counters.
    is_forgetful: bool,
    /// A store that could not be written. Points that wait in it can still be read and delivered.
    unwritable: Option<Arc<Store>>,
    /// Whether the folder has stopped responding.
    unresponsive: Arc<AtomicBool>,
    deadline: Instant,
}

/// A recorded report.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    pub(crate) current: CurrentStore,
    pub(crate) run: RunId,
    /// The points that are not delivered from this store, because a store that failed contains them or may contain them.
    pub(crate) withheld: Option<Withheld>,
}

impl Recorded {
    /// A report that no other store contains.
    pub(crate) fn only_in(current: CurrentStore, run: RunId) -> Self {
        Self { current, run, withheld: None }
    }
}

/// Why a report was not recorded.
struct RecordError {
    error: StateError,
    /// What the store contains of the report in spite of the error.
    contents: Contents,
}

impl RunState {
    /// A store in memory, for a run that keeps no state.
    pub(crate) fn disabled(deadline: Instant) -> Result<Self, StateError> {
        let in_memory = CurrentStore::in_memory(deadline)?;
        Ok(Self::new(CurrentStore { wanted: false, is_forgetful: false, ..in_memory }))
    }

    /// Opens the store in a folder. If the store cannot be opened by `open_deadline`, uses a store in memory. `deadline` is the
    /// end of the run.
    pub(crate) async fn open(
        folder: Result<PathBuf, StateError>,
        open_deadline: Instant,
        deadline: Instant,
    ) -> Result<Self, StateError> {
        let (opened, folder) = match folder {
            Ok(folder) => {
                (CurrentStore::in_folder(folder.clone(), open_deadline, Store::open).await, Some(folder))
            }
            Err(error) => (Err(error), None),
        };
        match opened {
            Ok(opened) => Ok(Self::new(CurrentStore { deadline, ..opened })),
            Err(error) => {
                warn_that_state_is_lost(&error, Contents::Nothing);
                let unwritable = match folder {
                    Some(folder) if !matches!(error, StateError::Timeout(_)) => {
                        with_timeout(open_deadline, move || Store::open_existing(&folder)).await.ok()
                    }
                    _ => None,
                };
                Ok(Self::new(CurrentStore {
                    unwritable: unwritable.map(Arc::new),
                    ..CurrentStore::in_memory(deadline)?
                }))
            }
        }
    }

    fn new(current: CurrentStore) -> Self {
        Self { current: Mutex::new(current) }
    }

    /// The current store.
    pub(crate) async fn current(&self) -> CurrentStore {
        self.current.lock().await.clone()
    }

    /// Records a report and adds its points to the outboxes. If this fails, the report is recorded
    /// [in another store](Self::record_in_another_store).
    pub(crate) async fn record(
        &self,
        report: &Arc<Report>,
        recipients: &[Recipient],
    ) -> Result<Recorded, StateError> {
        let current = self.current().await;
        match current.try_record(report, recipients).await {
            Err(RecordError { error, contents }) => {
                self.record_in_another_store(&current, contents, error, report, recipients).await
            }
            Ok(run) => Ok(Recorded::only_in(current, run)),
        }
    }

    /// Records a report after a store has failed. The failed store may contain the report, as `contents` says. If its file is
    /// damaged, a new file replaces it. Otherwise, or if that fails as well, the rest of the run uses a store in memory.
    pub(crate) async fn record_in_another_store(
        &self,
        failed: &CurrentStore,
        mut contents: Contents,
        mut error: StateError,
        report: &Arc<Report>,
        recipients: &[Recipient],
    ) -> Result<Recorded, StateError> {
        let mut current = self.current.lock().await;
        // The delivery to another destination may already have replaced the store.
        if !Arc::ptr_eq(&current.store, &failed.store) {
            match current.record_again(failed, contents, &error, report, recipients).await {
                Ok(recorded) => return Ok(recorded),
                Err(newer) => (error, contents) = (newer.error, contents.max(newer.contents)),
            }
        }
        let Some(folder) = current.folder.take() else { return Err(error) };
        let is_damaged = matches!(&error, StateError::Store(error) if error.is_damage());
        if is_damaged
            && !current.is_replacement
            && let Ok(opened) =
                CurrentStore::in_folder(folder, current.deadline, Store::replace_damaged).await
        {
            let was_moved_aside = opened.is_forgetful;
            *current = CurrentStore { is_replacement: true, is_forgetful: true, ..opened };
            match current.record_again(failed, contents, &error, report, recipients).await {
                Ok(recorded) => return Ok(recorded),
                Err(newer) if was_moved_aside => contents = newer.contents,
                // The file proved to be intact, so it may still have the report.
                Err(newer) => contents = contents.max(newer.contents),
            }
        }
        let unwritable = (!is_damaged).then(|| Arc::clone(&current.store));
        let unresponsive = Arc::clone(&current.unresponsive);
        *current = CurrentStore { unwritable, unresponsive, ..CurrentStore::in_memory(current.deadline)? };
        warn_that_state_is_lost(&error, current.usable_contents(failed, contents));
        let recorded = current.record_again(failed, contents, &error, report, recipients).await;
        recorded.map_err(|failed| failed.error)
    }
}

impl CurrentStore {
    /// A store in memory, for this run only.
    fn in_memory(deadline: Instant) -> Result<Self, StateError> {
        Ok(Self::new(Arc::new(Store::in_memory()?), None, true, deadline))
    }

    /// Adapts a recipient to this store. If totals of earlier runs may have been forgotten, the first total of a counter is not
    /// an increase, because earlier runs may have delivered a part of it.
    pub(crate) fn recipient(&self, mut recipient: Recipient) -> Recipient {
        if self.is_forgetful {
            recipient.watching_since = None;
        }
        recipient.continuity = self.continuity();
        recipient
    }

    /// Whether the store has the runs before and after this one.
    pub(crate) fn continuity(&self) -> Continuity {
        match (self.wanted, self.is_kept()) {
            (_, true) => Continuity::Kept,
            (true, false) => Continuity::Interrupted,
            (false, false) => Continuity::None,
        }
    }

    /// Whether earlier runs may have been forgotten.
    pub(crate) fn is_forgetful(&self) -> bool {
        self.is_forgetful
    }

    /// Whether the store outlives the run.
    pub(crate) fn is_kept(&self) -> bool {
        self.folder.is_some()
    }

    /// Whether the store should outlive the run.
    pub(crate) fn is_wanted(&self) -> bool {
        self.wanted
    }

    /// The store that the run is recorded in.
    pub(crate) fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// The store in which the run could not be recorded, if there is one. Points that wait in it are delivered first.
    pub(crate) fn unwritable(&self) -> Option<&Arc<Store>> {
        self.unwritable.as_ref()
    }

    /// Deletes data that is older than the settings allow.
    pub(crate) async fn prune(&self, keep: Duration) {
        let Some(since) = SystemTime::now().checked_sub(keep) else { return };
        if let Err(error) = self.ask(&self.store, move |store| store.delete_older_than(since)).await {
            tracing::warn!("cannot delete old runs: {}", Chain(&error));
        }
    }

    /// Drops old points and events that wait for destinations other than these recipients, and logs a warning.
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
                        "{count} points and events that waited for {destination} are dropped, because they are older than \
                         30 days and this run does not deliver there"
                    );
                }
            }
            Err(error) => tracing::warn!("cannot drop points of removed destinations: {}", Chain(&error)),
        }
    }

    /// Calls a function with one of the stores, in a thread that may block.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        store: &Arc<Store>,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StateError> {
        self.call(&Arc::default(), store, work).await
    }

    async fn call<T: Send + 'static>(
        &self,
        call: &Arc<Call>,
        store: &Arc<Store>,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StateError> {
        let in_memory = self.folder.is_none() && Arc::ptr_eq(store, &self.store);
        if in_memory {
            let store = Arc::clone(store);
            return Ok(spawn_blocking(move || work(&store)).await??);
        }
        if self.unresponsive.load(Relaxed) {
            return Err(StateError::Unresponsive);
        }
        let done = ask_until(self.deadline, call, store, work).await;
        if matches!(done, Err(StateError::Timeout(_))) {
            self.unresponsive.store(true, Relaxed);
        }
        done
    }

    async fn try_record(&self, report: &Arc<Report>, recipients: &[Recipient]) -> Result<RunId, RecordError> {
        let recipients: Vec<_> = recipients.iter().cloned().map(|it| self.recipient(it)).collect();
        let report = Arc::clone(report);
        let call = Arc::<Call>::default();
        let recorded = self.call(&call, &self.store, move |store| store.record_for(&report, &recipients));
        recorded.await.map_err(|error| {
            let is_unknown = matches!(error, StateError::Timeout(_)) && !call.try_cancel();
            RecordError { error, contents: if is_unknown { Contents::Unknown } else { Contents::Nothing } }
        })
    }

    /// Records a report after another store has failed, which may contain the report. A point that the next run may deliver from
    /// the failed store is not delivered from this store, unless the destination overwrites repeated points.
    async fn record_again(
        &self,
        failed: &CurrentStore,
        contents: Contents,
        why: &StateError,
        report: &Arc<Report>,
        recipients: &[Recipient],
    ) -> Result<Recorded, RecordError> {
        let (report, mut recipients) = (Arc::clone(report), recipients.to_vec());
        if self.is_kept() {
            // The damaged file was moved aside, so nothing is delivered from it. If it proved to be intact, it is still used
            // and may contain the report.
            for recipient in &mut recipients {
                recipient.gets_one_point_per_time = true;
            }
            let run = self.try_record(&report, &recipients).await?;
            return Ok(Recorded::only_in(self.clone(), run));
        }
        let contents = self.usable_contents(failed, contents);
        if contents == Contents::Nothing {
            let run = self.try_record(&report, &recipients).await?;
            return Ok(Recorded::only_in(self.clone(), run));
        }
        let copied = self.ask(&self.store, move |store| store.record_copy(&report, &recipients)).await;
        let RunCopy { run, withheld } = copied.map_err(|error| RecordError { error, contents })?;
        let (is_certain, error) = (contents == Contents::Report, Chain(why).to_string());
        let withheld = Some(Withheld { points: withheld, is_certain, error });
        Ok(Recorded { current: self.clone(), run, withheld })
    }

    /// What the next run can use of the contents of a failed store.
    fn usable_contents(&self, failed: &CurrentStore, contents: Contents) -> Contents {
        match &self.unwritable {
            Some(unwritable) if Arc::ptr_eq(unwritable, &failed.store) => contents,
            // A damaged file may be moved aside by the next run.
            _ => contents.min(Contents::Unknown),
        }
    }

    async fn in_folder(
        folder: PathBuf,
        deadline: Instant,
        open: impl FnOnce(&Path) -> Result<OpenedStore, StoreError> + Send + 'static,
    ) -> Result<Self, StateError> {
        let path = folder.clone();
        let OpenedStore { store, moved_aside } = with_timeout(deadline, move || open(&path)).await?;
        if let Some(damaged) = &moved_aside {
            warn_of_damage(damaged);
        }
        Ok(Self::new(Arc::new(store), Some(folder), moved_aside.is_some(), deadline))
    }

    fn new(store: Arc<Store>, folder: Option<PathBuf>, is_forgetful: bool, deadline: Instant) -> Self {
        Self {
            store,
            folder,
            wanted: true,
            is_replacement: false,
            is_forgetful,
            unwritable: None,
            unresponsive: Arc::default(),
            deadline,
        }
    }
}

/// Opens the store in a folder, for a caller that cannot use a store in memory instead.
pub(crate) async fn open_store(folder: PathBuf) -> Result<Arc<Store>, StateError> {
    let opened = with_timeout(Instant::now() + MAX_WAIT, move || Store::open(&folder)).await?;
    if let Some(damaged) = opened.moved_aside {
        warn_of_damage(&damaged);
    }
    Ok(Arc::new(opened.store))
}

/// Calls a function with a store from [`open_store`].
pub(crate) async fn ask_store<T: Send + 'static>(
    store: &Arc<Store>,
    work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StateError> {
    ask_until(Instant::now() + MAX_WAIT, &Arc::default(), store, work).await
}

/// Calls a function with a store, in a thread that may block, with a timeout. After the timeout, the function cannot begin its
/// first commit.
async fn ask_until<T: Send + 'static>(
    deadline: Instant,
    call: &Arc<Call>,
    store: &Store,
    work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StateError> {
    let store = store.for_call(Arc::clone(call));
    let done = with_timeout(deadline, move || work(&store)).await;
    if matches!(done, Err(StateError::Timeout(_))) {
        call.try_cancel();
    }
    done
}

/// Calls a function in a thread that may block, with a timeout.
async fn with_timeout<T: Send + 'static>(
    deadline: Instant,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StateError> {
    let limit = deadline.saturating_duration_since(Instant::now()).clamp(MIN_WAIT, MAX_WAIT);
    match timeout(limit, spawn_blocking(work)).await {
        Ok(done) => Ok(done??),
        Err(_) => Err(StateError::Timeout(limit)),
    }
}

/// Logs a warning that a damaged file was moved aside.
pub fn warn_of_damage(moved_aside: &Path) {
    tracing::warn!(
        "the state was damaged and is empty now; the old data, including undelivered points, is in {}",
        moved_aside.display()
    );
}

/// Logs a warning that the run keeps no state. `contents` is what the state folder contains of the report.
fn warn_that_state_is_lost(error: &StateError, contents: Contents) {
    let undelivered = match contents {
        Contents::Nothing => "points of this run that it cannot deliver are lost",
        Contents::Unknown => {
            "points of this run that it cannot deliver are lost, unless they wait in the state folder"
        }
        Contents::Report => "the next run delivers the points that wait in the state folder",
    };
    tracing::warn!("cannot keep state: {}; this run continues without it, and {undelivered}", Chain(error));
}

#[cfg(test)]
mod tests;
