//! The metrics that sources described in earlier runs, for commands that do not run sources.

use std::{borrow::Cow, path::Path};

use system_health_registry::Catalog;
use system_health_state::Store;

use crate::{
    args::{SettingsArguments, StateFolderArguments},
    settings,
};

/// The linked metrics, and the metrics that sources described. Nothing is read unless sources are linked.
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
    let default = SettingsArguments::from_environment();
    let settings = settings::builder(settings.unwrap_or(&default))?.build()?;
    let from_settings = StateFolderArguments::default();
    let folder = settings::state(&settings, folder.unwrap_or(&from_settings))?.folder()?;
    Ok(with_remembered_metrics(catalog, &folder))
}

/// The metrics of a catalog, and the metrics that its sources described in earlier runs with this state folder. If the state
/// cannot be read, a warning is logged.
#[must_use]
pub fn with_remembered_metrics<'a>(catalog: &'a Catalog, folder: &Path) -> Cow<'a, Catalog> {
    if catalog.sources().is_empty() || !folder.join(Store::FILE_NAME).exists() {
        return Cow::Borrowed(catalog);
    }
    let remembered = Store::open_existing(folder)
        .and_then(|store| system_health_reporter::with_stored_descriptions(catalog.clone(), &store));
    match remembered {
        Ok(remembered) => Cow::Owned(remembered),
        Err(error) => {
            let error = anyhow::Error::from(error);
            tracing::warn!("cannot read the metrics that sources described in earlier runs: {error:#}");
            Cow::Borrowed(catalog)
        }
    }
}
