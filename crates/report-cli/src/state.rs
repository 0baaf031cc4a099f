//! What is kept between runs. Keeping it is worth a lot, but never the run: whatever is wrong with the
//! state folder is said once, and the run goes on with a store in memory.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
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
    /// A store in memory, which is gone when the run ends.
    pub(crate) fn in_memory(deadline: Instant) -> anyhow::Result<Self> {
        Ok(Self { store: Arc::new(Store::in_memory()?), folder: None, deadline })
    }

    /// Opens the store in a folder, or one in memory if that cannot be done.
    pub(crate) async fn open(folder: anyhow::Result<PathBuf>, deadline: Instant) -> anyhow::Result<Self> {
        let opened = match folder {
            Ok(folder) => Self::in_folder(folder, deadline, Store::open).await,
            Err(error) => Err(error),
        };
        opened.or_else(|error| {
            give_up(&error);
            Self::in_memory(deadline)
        })
    }

    /// Whether what is recorded outlives the run.
    pub(crate) fn is_kept(&self) -> bool {
        self.folder.is_some()
    }

    /// Records a report, and puts its points in the outbox of a destination. If the file turns out to be
    /// damaged a new one takes its place, and if nothing helps, the rest of the run has a store in memory.
    pub(crate) async fn record(
        &mut self,
        report: &Arc<Report>,
        outbox: Option<&str>,
    ) -> anyhow::Result<RunId> {
        let error = match self.try_record(report, outbox).await {
            Err(error) if self.is_kept() => error,
            result => return result,
        };
        if error.downcast_ref::<StoreError>().is_some_and(StoreError::is_damage)
            && let Some(folder) = self.folder.take()
            && let Ok(anew) = Self::in_folder(folder, self.deadline, Store::replace_damaged).await
        {
            *self = anew;
            if let Ok(run) = self.try_record(report, outbox).await {
                return Ok(run);
            }
        }
        give_up(&error);
        *self = Self::in_memory(self.deadline)?;
        self.try_record(report, outbox).await
    }

    /// Forgets what is older than the settings say.
    pub(crate) async fn prune(&self, keep: Duration) {
        let Some(since) = SystemTime::now().checked_sub(keep) else { return };
        if let Err(error) = self.ask(move |store| store.keep(since)).await {
            tracing::warn!("cannot forget old runs: {error:#}");
        }
    }

    /// Does something with the store where it may block.
    pub(crate) async fn ask<T, E>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, E> + Send + 'static,
    ) -> anyhow::Result<T>
    where
        T: Send + 'static,
        E: Into<anyhow::Error> + Send + 'static,
    {
        let store = Arc::clone(&self.store);
        patiently(self.deadline, move || work(&store)).await
    }

    async fn try_record(&self, report: &Arc<Report>, outbox: Option<&str>) -> anyhow::Result<RunId> {
        let (report, outbox) = (Arc::clone(report), outbox.map(str::to_owned));
        self.ask(move |store| store.record(&report, outbox.as_deref())).await
    }

    async fn in_folder(
        folder: PathBuf,
        deadline: Instant,
        open: impl FnOnce(&Path) -> Result<Opened, StoreError> + Send + 'static,
    ) -> anyhow::Result<Self> {
        let place = folder.clone();
        let Opened { store, moved_aside } = patiently(deadline, move || open(&place)).await?;
        if let Some(damaged) = moved_aside {
            tracing::warn!(
                "the state was damaged and starts anew; what it held, undelivered points too, is in {}",
                damaged.display()
            );
        }
        Ok(Self { store: Arc::new(store), folder: Some(folder), deadline })
    }
}

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
        Ok(done) => done.context("the store broke down")?.map_err(Into::into),
        Err(_) => anyhow::bail!("the state folder did not answer within {patience:.0?}"),
    }
}

fn give_up(error: &anyhow::Error) {
    tracing::warn!(
        "cannot keep state: {error:#}; this run goes on without, and what it cannot deliver is lost \
         (--state-dir names another folder, --no-state says that none is wanted)"
    );
}
