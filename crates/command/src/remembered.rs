//! The metrics that sources have described in earlier runs, for commands that ask no source.

use std::{borrow::Cow, env};

use system_health_registry::Catalog;
use system_health_state::Store;

use crate::{
    args::{DashboardAction, FolderArguments, Manage, MonitorsAction, SettingsArguments},
    settings,
};

/// Where to look for what is remembered.
pub(crate) struct Place<'a> {
    /// Default: the usual settings.
    pub(crate) settings: Option<&'a SettingsArguments>,
    /// Default: as the settings say.
    pub(crate) folder: Option<&'a FolderArguments>,
}

/// The linked metrics, and those that sources have described. Nothing is read unless sources are linked.
pub(crate) fn with_remembered<'a>(
    catalog: &'a Catalog,
    place: &Place<'_>,
) -> anyhow::Result<Cow<'a, Catalog>> {
    if catalog.sources().is_empty() {
        return Ok(Cow::Borrowed(catalog));
    }
    let usual = SettingsArguments { config: env::var_os("SYSTEM_HEALTH_CONFIG").map(Into::into) };
    let settings = settings::builder(place.settings.unwrap_or(&usual))?.build()?;
    let none = FolderArguments { state_dir: None };
    let folder = settings::state(&settings, place.folder.unwrap_or(&none))?.folder()?;
    if !folder.join(Store::FILE).exists() {
        return Ok(Cow::Borrowed(catalog));
    }
    let remembered = Store::open_as_it_is(&folder)
        .and_then(|store| system_health_reporter::with_remembered(catalog.clone(), &store));
    match remembered {
        Ok(remembered) => Ok(Cow::Owned(remembered)),
        Err(error) => {
            let error = anyhow::Error::from(error);
            tracing::warn!("cannot read what sources have described: {error:#}");
            Ok(Cow::Borrowed(catalog))
        }
    }
}

impl<'a> From<&'a Manage> for Place<'a> {
    fn from(command: &'a Manage) -> Self {
        let (settings, folder) = match command {
            Manage::Dashboard(dashboard) => match &dashboard.action {
                Some(
                    DashboardAction::Push { kept, .. }
                    | DashboardAction::Diff { kept, .. }
                    | DashboardAction::Delete { kept, .. },
                ) => (Some(&kept.settings), Some(&kept.state.folder)),
                Some(DashboardAction::Pull { settings, .. } | DashboardAction::List { settings }) => {
                    (Some(settings), None)
                }
                None => (None, None),
            },
            Manage::Monitors(monitors) => match &monitors.action {
                Some(
                    MonitorsAction::Push { settings, .. }
                    | MonitorsAction::Diff { settings }
                    | MonitorsAction::Delete { settings, .. },
                ) => (Some(settings), None),
                None => (Some(&monitors.settings), None),
            },
            Manage::Metadata(metadata) => (Some(&metadata.settings), None),
            Manage::Verify(verify) => (Some(&verify.settings), None),
        };
        Self { settings, folder }
    }
}
