//! What a command of a linked crate can use of `report`.

use std::borrow::Cow;

use system_health_registry::{Catalog, Settings, settings::SettingsError};
use system_health_reporter::{StateSettings, selected_by_settings};

use crate::{FolderArguments, SettingsArguments, Stdout, remembered::with_remembered, settings};

/// What a command of a linked crate can use: the metrics, the settings, the state folder and stdout.
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

    /// The metrics that a run collects by the settings: the linked ones, and those that sources described in earlier runs
    /// according to the state folder. `None` stands for the default settings file, or for the folder that the settings
    /// name.
    pub fn catalog(
        &self,
        settings: Option<&SettingsArguments>,
        folder: Option<&FolderArguments>,
    ) -> anyhow::Result<Cow<'a, Catalog>> {
        let default = SettingsArguments::from_environment();
        let loaded = self.settings(settings.unwrap_or(&default))?;
        let catalog = self.known_catalog(settings, folder)?;
        Ok(Cow::Owned(selected_by_settings(catalog.into_owned(), &loaded)?))
    }

    /// The same with the metrics that the settings do not select.
    pub fn known_catalog(
        &self,
        settings: Option<&SettingsArguments>,
        folder: Option<&FolderArguments>,
    ) -> anyhow::Result<Cow<'a, Catalog>> {
        with_remembered(self.catalog, settings, folder)
    }

    /// The settings: the file, overridden by environment variables.
    pub fn settings(&self, arguments: &SettingsArguments) -> Result<Settings, SettingsError> {
        settings::builder(arguments)?.build()
    }

    /// The settings of the state, with the folder that the arguments name.
    pub fn state_settings(
        &self,
        settings: &Settings,
        arguments: &FolderArguments,
    ) -> Result<StateSettings, SettingsError> {
        settings::state(settings, arguments)
    }

    /// Where to print data. Call [`Stdout::one_of`] with the formats that the command supports before it does anything.
    #[must_use]
    pub fn stdout(&self) -> Stdout {
        self.stdout
    }
}
