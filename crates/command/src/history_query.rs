//! Reads the results of earlier runs from the state folder.

use std::{
    path::{Path, PathBuf},
    time::SystemTime,
};

use system_health_registry::{Catalog, KeyPattern, settings::NameSuggestions};
use system_health_state::{HistoryEntry, HistoryFilter, Store, StoreError, ThinnedHistory};

/// Which results to read.
#[derive(Debug, Clone, Copy)]
pub struct HistoryQuery<'a> {
    /// The key of the only metric. `None`: all metrics.
    pub key: Option<&'a str>,
    /// The name of the only subject; empty for results without a subject. `None`: all subjects.
    pub subject: Option<&'a str>,
    /// Results before this time are left out.
    pub since: SystemTime,
    /// The maximum number of [rows](crate::HistoryRow), if there is one.
    pub max_rows: Option<usize>,
}

/// Why no results are returned.
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
        /// The keys of the catalog, the most similar first.
        known: NameSuggestions,
    },
    /// A pattern matches no key.
    #[error("`{pattern}` matches no linked metric, and none that a run has recorded{known}")]
    UnmatchedPattern {
        /// The pattern.
        pattern: String,
        /// The keys that exist, the most similar first.
        known: NameSuggestions,
    },
    /// There are more rows than the maximum.
    #[error("there are more than {max_rows} results")]
    TooMany {
        /// The maximum.
        max_rows: usize,
    },
    /// The newest run alone has more rows than the maximum.
    #[error("the newest run alone has more than {max_rows} results")]
    TooManyInRun {
        /// The maximum.
        max_rows: usize,
    },
    /// The state cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl HistoryQuery<'_> {
    /// The results in a state folder, sorted by key, subject and time. Fails if there are more rows than the maximum, or if the
    /// key is neither in the catalog nor recorded.
    pub fn entries(&self, folder: &Path, catalog: &Catalog) -> Result<Vec<HistoryEntry>, HistoryError> {
        let store = self.store(folder, catalog)?;
        let max_rows = self.max_rows.unwrap_or(usize::MAX);
        store.history_up_to(max_rows, &self.filter())?.ok_or(HistoryError::TooMany { max_rows })
    }

    /// The same results as [`Self::entries`]. If there are too many rows, only those of [every Nth run](Store::thinned_history).
    pub fn thinned(&self, folder: &Path, catalog: &Catalog) -> Result<ThinnedHistory, HistoryError> {
        let store = self.store(folder, catalog)?;
        let max_rows = self.max_rows.unwrap_or(usize::MAX);
        store.thinned_history(max_rows, &self.filter())?.ok_or(HistoryError::TooManyInRun { max_rows })
    }

    fn filter(&self) -> HistoryFilter<'_> {
        HistoryFilter { key: self.key, subject: self.subject, since: self.since }
    }

    /// Opens the state. Fails if the key is unknown.
    fn store(&self, folder: &Path, catalog: &Catalog) -> Result<Store, HistoryError> {
        HistoryError::check_folder(folder)?;
        let store = Store::open_existing(folder)?;
        if let Some(key) = self.key
            && !catalog.metrics().iter().any(|metric| metric.key() == key)
            && !store.has_results_of(key)?
        {
            let keys = catalog.metrics().iter().map(|metric| metric.key());
            return Err(HistoryError::UnknownKey {
                key: key.to_owned(),
                known: NameSuggestions::nearest_keys(key, keys),
            });
        }
        Ok(store)
    }
}

/// The results since a time, sorted by key, subject and time. Only metrics whose keys match one of the patterns are included.
/// Fails if a pattern matches no key that is in the catalog or was recorded.
pub(crate) fn matching_entries(
    patterns: &[KeyPattern],
    since: SystemTime,
    folder: &Path,
    catalog: &Catalog,
) -> Result<Vec<HistoryEntry>, HistoryError> {
    HistoryError::check_folder(folder)?;
    let store = Store::open_existing(folder)?;
    let recorded = store.recorded_keys()?;
    let linked = catalog.metrics().iter().map(|metric| metric.key());
    let keys: Vec<&str> = linked.chain(recorded.iter().map(String::as_str)).collect();
    for pattern in patterns {
        if !keys.iter().any(|key| pattern.is_match(key)) {
            let known = NameSuggestions::nearest_keys(pattern.as_str(), keys);
            return Err(HistoryError::UnmatchedPattern { pattern: pattern.to_string(), known });
        }
    }
    let mut entries = Vec::new();
    for key in recorded.iter().filter(|key| patterns.iter().any(|pattern| pattern.is_match(key))) {
        entries.extend(store.history(Some(key), since)?);
    }
    Ok(entries)
}

impl HistoryError {
    /// Fails if the folder has no state. A folder that cannot be read may have some, and opening the store says why it cannot be
    /// read.
    pub(crate) fn check_folder(folder: &Path) -> Result<(), Self> {
        match folder.join(Store::FILE_NAME).try_exists() {
            Ok(false) => Err(Self::NoRuns(folder.to_owned())),
            Ok(true) | Err(_) => Ok(()),
        }
    }
}
