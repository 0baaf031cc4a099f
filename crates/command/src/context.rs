//! The parts of `report` that a command of a linked crate can use.

use system_health_registry::{Catalog, Settings, settings::SettingsError};
use system_health_reporter::{StateSettings, selected_by_settings, with_goals_of_settings};

use crate::{FolderArguments, SettingsArguments, Stdout, remembered::with_remembered, settings};

/// Gives a command of a linked crate the metrics, the settings, the state folder and stdout.
#[derive(Debug)]
pub struct CommandContext<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) stdout: Stdout,
}

impl<'a> CommandContext<'a> {
    /// The metrics and sources that are linked into the program.
    #[must_use]
    pub fn linked_catalog(&self) -> &'a Catalog {
        self.catalog
    }

    /// The metrics that a run collects according to the settings, with the goals of the settings: linked metrics, and metrics
    /// that sources described in earlier runs, which the state folder remembers.
    ///
    /// Without `settings`, the default settings file is read. Without `folder`, the settings name the state folder.
    pub fn catalog(
        &self,
        settings: Option<&SettingsArguments>,
        folder: Option<&FolderArguments>,
    ) -> anyhow::Result<Catalog> {
        let default = SettingsArguments::from_environment();
        let loaded = self.settings(settings.unwrap_or(&default))?;
        let catalog = self.known_catalog(settings, folder)?;
        Ok(selected_by_settings(catalog, &loaded)?)
    }

    /// The same with the metrics that the settings do not select.
    pub fn known_catalog(
        &self,
        settings: Option<&SettingsArguments>,
        folder: Option<&FolderArguments>,
    ) -> anyhow::Result<Catalog> {
        let default = SettingsArguments::from_environment();
        let loaded = self.settings(settings.unwrap_or(&default))?;
        let catalog = with_remembered(self.catalog, settings, folder)?;
        Ok(with_goals_of_settings(catalog.into_owned(), &loaded)?)
    }

    /// The settings: the file, overridden by environment variables.
    pub fn settings(&self, arguments: &SettingsArguments) -> Result<Settings, SettingsError> {
        settings::builder(arguments)?.build()
    }

    /// The settings of the state. A folder in the arguments overrides the one in the settings.
    pub fn state_settings(
        &self,
        settings: &Settings,
        arguments: &FolderArguments,
    ) -> Result<StateSettings, SettingsError> {
        settings::state(settings, arguments)
    }

    /// Where to print data, in a format that the command supports.
    #[must_use]
    pub fn stdout(&self) -> Stdout {
        self.stdout
    }
}
