//! Reads the results of earlier runs from the state folder.

use std::{
    path::{Path, PathBuf},
    time::SystemTime,
};

use system_health_registry::{Catalog, settings::Known};
use system_health_state::{HistoryEntry, Store, StoreError};

/// Which results to read.
#[derive(Debug, Clone, Copy)]
pub struct HistoryQuery<'a> {
    /// The key of the only metric. `None`: all metrics.
    pub key: Option<&'a str>,
    /// The time of the oldest results.
    pub since: SystemTime,
}

/// Why there are no results.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// The folder has no state.
    #[error("no runs are kept in {}", .0.display())]
    NoRuns(PathBuf),
    /// No metric has this key.
    #[error("no linked metric has the key `{key}`, and no run has recorded it{known}")]
    UnknownKey {
        /// The key.
        key: String,
        /// The keys that exist.
        known: Known,
    },
    /// The state cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl HistoryQuery<'_> {
    /// The results in a state folder, by key and time. A key must be one of the catalog's, or have been recorded.
    pub fn entries(&self, folder: &Path, catalog: &Catalog) -> Result<Vec<HistoryEntry>, HistoryError> {
        HistoryError::check_folder(folder)?;
        let store = Store::open_existing(folder)?;
        if let Some(key) = self.key
            && !catalog.metrics().iter().any(|metric| metric.key() == key)
            && !store.knows(key)?
        {
            let keys = catalog.metrics().iter().map(|metric| metric.key());
            return Err(HistoryError::UnknownKey {
                key: key.to_owned(),
                known: Known::nearest_to(key, keys),
            });
        }
        Ok(store.history(self.key, self.since)?)
    }
}

impl HistoryError {
    /// Fails if the folder has no state.
    pub(crate) fn check_folder(folder: &Path) -> Result<(), Self> {
        if folder.join(Store::FILE).exists() { Ok(()) } else { Err(Self::NoRuns(folder.to_owned())) }
    }
}
