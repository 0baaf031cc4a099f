//! What is kept between runs. Keeping it is worth a lot, but never the run: whatever is wrong with the
//! state folder is said once, and the run goes on with a store in memory.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

use anyhow::Context as _;
use etcetera::BaseStrategy;
use system_health_registry::Report;
use system_health_state::{Opened, RunId, Store, StoreError};
use tokio::{
    task::spawn_blocking,
    time::{Instant, timeout},
};

use crate::{args::FolderArguments, settings::StateSettings};

/// A store that takes longer, such as a network file system that is gone, counts as unusable.
const PATIENCE: Duration = Duration::from_secs(15);
/// What a store gets even when the run's deadline is close, to write down what was delivered.
const LEAST_PATIENCE: Duration = Duration::from_secs(1);

/// The store of a run.
#[derive(Debug, Clone)]
pub(crate) struct State {
    store: Arc<Store>,
    /// The folder; `None` in memory.
    folder: Option<PathBuf>,
    /// Whether something is to be kept.
    wanted: bool,
    /// Whether the store already takes the place of a damaged one.
    replaced: bool,
    /// A store that could not be written. What waits in it may still be read and delivered.
    unwritable: Option<Arc<Store>>,
    /// Whether the folder has used up all patience.
    silent: Arc<AtomicBool>,
    deadline: Instant,
}

/// The folder for state: the one that is named, or one such as `~/.local/state/system-health`.
pub(crate) fn folder(arguments: &FolderArguments, settings: &StateSettings) -> anyhow::Result<PathBuf> {
    if let Some(named) = arguments.state_dir.as_ref().or(settings.dir.as_ref()) {
        return Ok(named.clone());
    }
    let folders = etcetera::choose_base_strategy().context("there is no home directory")?;
    Ok(folders.state_dir().unwrap_or_else(|| folders.data_dir()).join("system-health"))
}

impl State {
    /// A store for a run of which nothing is to be kept.
    pub(crate) fn unwanted(deadline: Instant) -> anyhow::Result<Self> {
        Ok(Self { wanted: false, ..Self::in_memory(deadline)? })
    }

    /// A store in memory, which is gone when the run ends.
    pub(crate) fn in_memory(deadline: Instant) -> anyhow::Result<Self> {
        Ok(Self::with(Arc::new(Store::in_memory()?), None, deadline))
    }

    /// Opens the store in a folder, or one in memory if that cannot be done early enough for a run that ends
    /// at the deadline.
    pub(crate) async fn open(
        folder: anyhow::Result<PathBuf>,
        early_enough: Instant,
        deadline: Instant,
    ) -> anyhow::Result<Self> {
        let opened = match &folder {
            Ok(folder) => Self::in_folder(folder.clone(), early_enough, Store::open).await,
            Err(error) => Err(anyhow::anyhow!("{error:#}")),
        };
        match (opened, folder) {
            (Ok(opened), _) => Ok(Self { deadline, ..opened }),
            (Err(error), folder) => {
                give_up(&error);
                let unwritable = match folder {
                    Ok(folder) if !error.is::<Silent>() => {
                        patiently(early_enough, move || Store::open_as_it_is(&folder)).await.ok()
                    }
                    _ => None,
                };
                Ok(Self { unwritable: unwritable.map(Arc::new), ..Self::in_memory(deadline)? })
            }
        }
    }

    /// Whether what is recorded outlives the run.
    pub(crate) fn is_kept(&self) -> bool {
        self.folder.is_some()
    }

    /// Whether somebody wants it to.
    pub(crate) fn is_wanted(&self) -> bool {
        self.wanted
    }

    /// The store that the run is recorded in.
    pub(crate) fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// A store that the run could not be recorded in. What waits in it goes before the run.
    pub(crate) fn unwritable(&self) -> Option<&Arc<Store>> {
        self.unwritable.as_ref()
    }

    /// Records a report, and puts its points in the outbox of a destination. If that fails, it is recorded
    /// [anew](Self::record_anew).
    pub(crate) async fn record(
        &mut self,
        report: &Arc<Report>,
        outbox: Option<&str>,
    ) -> anyhow::Result<RunId> {
        match self.try_record(report, outbox).await {
            Err(error) => self.record_anew(error, report, outbox).await,
            recorded => recorded,
        }
    }

    /// Records a report in another store, because this one failed: a new file takes the place of a damaged
    /// one, and if nothing helps, the rest of the run has a store in memory.
    pub(crate) async fn record_anew(
        &mut self,
        error: anyhow::Error,
        report: &Arc<Report>,
        outbox: Option<&str>,
    ) -> anyhow::Result<RunId> {
        let Some(folder) = self.folder.take() else { return Err(error) };
        let is_damaged = error.downcast_ref::<StoreError>().is_some_and(StoreError::is_damage);
        if is_damaged
            && !self.replaced
            && let Ok(anew) = Self::in_folder(folder, self.deadline, Store::replace_damaged).await
        {
            *self = Self { replaced: true, ..anew };
            if let Ok(run) = self.try_record(report, outbox).await {
                return Ok(run);
            }
        }
        give_up(&error);
        let unwritable = (!is_damaged).then(|| Arc::clone(&self.store));
        *self = Self { unwritable, silent: Arc::clone(&self.silent), ..Self::in_memory(self.deadline)? };
        self.try_record(report, outbox).await
    }

    /// Forgets what is older than the settings say.
    pub(crate) async fn prune(&self, keep: Duration) {
        let Some(since) = SystemTime::now().checked_sub(keep) else { return };
        if let Err(error) = self.ask(&self.store, move |store| store.keep(since)).await {
            tracing::warn!("cannot forget old runs: {error:#}");
        }
    }

    /// Does something with one of the stores where it may block.
    pub(crate) async fn ask<T, E>(
        &self,
        store: &Arc<Store>,
        work: impl FnOnce(&Store) -> Result<T, E> + Send + 'static,
    ) -> anyhow::Result<T>
    where
        T: Send + 'static,
        E: Into<anyhow::Error> + Send + 'static,
    {
        let in_memory = self.folder.is_none() && Arc::ptr_eq(store, &self.store);
        let store = Arc::clone(store);
        if in_memory {
            return spawn_blocking(move || work(&store)).await.context(BROKE_DOWN)?.map_err(Into::into);
        }
        anyhow::ensure!(!self.silent.load(Relaxed), "the state folder does not answer");
        let done = patiently(self.deadline, move || work(&store)).await;
        if done.as_ref().is_err_and(anyhow::Error::is::<Silent>) {
            self.silent.store(true, Relaxed);
        }
        done
    }

    async fn try_record(&self, report: &Arc<Report>, outbox: Option<&str>) -> anyhow::Result<RunId> {
        let (report, outbox) = (Arc::clone(report), outbox.map(str::to_owned));
        self.ask(&self.store, move |store| store.record(&report, outbox.as_deref().as_slice())).await
    }

    async fn in_folder(
        folder: PathBuf,
        deadline: Instant,
        open: impl FnOnce(&Path) -> Result<Opened, StoreError> + Send + 'static,
    ) -> anyhow::Result<Self> {
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

const BROKE_DOWN: &str = "the store broke down";

#[derive(Debug, thiserror::Error)]
#[error("the state folder did not answer within {0:.0?}")]
struct Silent(Duration);

async fn patiently<T, E>(
    deadline: Instant,
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> anyhow::Result<T>
where
    T: Send + 'static,
    E: Into<anyhow::Error> + Send + 'static,
{
    let patience = deadline.saturating_duration_since(Instant::now()).clamp(LEAST_PATIENCE, PATIENCE);
    match timeout(patience, spawn_blocking(work)).await {
        Ok(done) => done.context(BROKE_DOWN)?.map_err(Into::into),
        Err(_) => Err(Silent(patience).into()),
    }
}

/// Says that a file was moved aside.
pub(crate) fn warn_of_damage(moved_aside: &Path) {
    tracing::warn!(
        "the state was damaged and starts anew; what it held, undelivered points too, is in {}",
        moved_aside.display()
    );
}

fn give_up(error: &anyhow::Error) {
    tracing::warn!(
        "cannot keep state: {error:#}; this run goes on without, and what it cannot deliver is lost \
         (--state-dir names another folder, --no-state says that none is wanted)"
    );
}
