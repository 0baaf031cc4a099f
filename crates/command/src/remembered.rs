//! The metrics that sources described in earlier runs, for commands that do not run sources.

use std::{borrow::Cow, path::Path};

use anyhow::Context as _;
use system_health_registry::Catalog;
use system_health_state::{Store, StoreError};

use crate::{
    args::{SettingsArguments, StateFolderArguments},
    history_query::HistoryError,
    settings,
};

/// The linked metrics, and the metrics that sources described. Nothing is read unless sources are linked. Fails if the state
/// cannot be read, because a command would otherwise take the monitors of these metrics for stale.
///
/// Without `settings`, the file that `SYSTEM_HEALTH_CONFIG` names or the default file is read. Without `folder`, the settings
/// name the state folder.
pub(crate) fn with_remembered<'a>(
    catalog: &'a Catalog,
    settings: Option<&SettingsArguments>,
    folder: Option<&StateFolderArguments>,
) -> anyhow::Result<Cow<'a, Catalog>> {
    if catalog.sources().is_empty() {
        return Ok(Cow::Borrowed(catalog));
    }
    let from_environment = SettingsArguments::from_environment();
    let settings = settings::builder(settings.unwrap_or(&from_environment))?.build()?;
    let no_folder = StateFolderArguments::default();
    let folder = settings::state(&settings, folder.unwrap_or(&no_folder))?.folder()?;
    let remembered = read_remembered(catalog, &folder)
        .context("cannot read the metrics that sources described in earlier runs")?;
    Ok(remembered.map_or(Cow::Borrowed(catalog), Cow::Owned))
}

/// The metrics of a catalog, and the metrics that its sources described in earlier runs with this state folder. If the state
/// cannot be read, a warning is logged.
#[must_use]
pub fn with_remembered_metrics<'a>(catalog: &'a Catalog, folder: &Path) -> Cow<'a, Catalog> {
    match read_remembered(catalog, folder) {
        Ok(Some(remembered)) => Cow::Owned(remembered),
        Ok(None) => Cow::Borrowed(catalog),
        Err(error) => {
            let error = anyhow::Error::from(error);
            tracing::warn!("cannot read the metrics that sources described in earlier runs: {error:#}");
            Cow::Borrowed(catalog)
        }
    }
}

/// The catalog with the metrics that its sources described in earlier runs. `None` if there are no sources or no earlier runs.
pub(crate) fn read_remembered(catalog: &Catalog, folder: &Path) -> Result<Option<Catalog>, StoreError> {
    if catalog.sources().is_empty() || HistoryError::check_folder(folder).is_err() {
        return Ok(None);
    }
    let store = Store::open_existing(folder)?;
    system_health_reporter::with_stored_descriptions(catalog.clone(), &store).map(Some)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::output::fixture;

    #[test]
    fn an_unreadable_folder_is_an_error_but_a_missing_folder_is_not() {
        let catalog = Catalog::from_sources(fixture::sources()).unwrap();
        let program = std::env::current_exe().unwrap();

        // Nothing can be read below a file.
        let unreadable = read_remembered(&catalog, &program.join("state")).unwrap_err().to_string();
        let missing = read_remembered(&catalog, &program.with_file_name("no-such-folder"));

        assert!(unreadable.contains(": it cannot be opened; name a folder that is writable"), "{unreadable}");
        assert!(missing.unwrap().is_none());
    }
}
