//! Collects settings in layers: ambient environment variables (those that a CI system sets in every job), the file, other
//! environment variables, and flags. A later layer overrides an earlier one.

use std::{
    env::{self, VarError},
    fs,
    path::Path,
};

use toml::Value;

use super::{
    Origin, Settings, SettingsError, TableSpec,
    file::{self, FileTable},
    keys::{check_exclusive, check_table_name, check_unique_names},
    positions::Positions,
    resolved::Tables,
    setting::Setting,
};

/// Collects settings from the file, the environment and flags.
#[derive(Debug, Default)]
pub struct SettingsBuilder {
    tables: Tables,
    /// The first variable, or file with a secret, that could not be read.
    unreadable: Option<SettingsError>,
    /// The tables that no linked crate declares.
    unknown: Vec<SettingsError>,
    is_shared: bool,
}

impl SettingsBuilder {
    /// Adds the settings of a file.
    pub fn file(self, path: &Path) -> Result<Self, SettingsError> {
        let text = fs::read_to_string(path)
            .map_err(|source| SettingsError::Read { path: path.to_owned(), source })?;
        self.toml(path, &text)
    }

    /// Adds settings from the text of a file. The path is used in messages, and relative paths in the text are relative to
    /// its folder.
    pub fn toml(mut self, path: &Path, text: &str) -> Result<Self, SettingsError> {
        for FileTable { name, origin, entries } in file::parse(path, text)? {
            if let Err(unknown) = check_table_name(&name, &origin) {
                self.unknown.push(unknown);
                continue;
            }
            check_exclusive(&name, &entries)?;
            for (key, setting) in entries {
                self = self.insert(&name, &key, setting);
            }
        }
        Ok(self)
    }

    /// Declares that the file is shared with other programs, and that this program uses only a part of it. Tables that no
    /// linked crate declares are ignored, and so are entries for metrics that this program does not have, such as patterns in
    /// `skip`. All keys of the tables of this program are still checked.
    ///
    /// ```
    /// use std::path::Path;
    /// use system_health_registry::Settings;
    ///
    /// # fn main() -> Result<(), system_health_registry::settings::SettingsError> {
    /// let shared = "[a_table_of_another_program]\nkey = 1";
    /// assert!(Settings::builder().toml(Path::new("shared.toml"), shared)?.build().is_err());
    /// Settings::builder().shared().toml(Path::new("shared.toml"), shared)?.build()?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn shared(mut self) -> Self {
        self.is_shared = true;
        self
    }

    /// Adds the environment variables that the linked tables name. Ambient variables are used only for keys that have no
    /// value yet, so add the file first. Numbers, booleans (`true` or `false`) and lists (separated by commas) are parsed
    /// from the text of the variable. Empty variables count as unset.
    #[must_use]
    pub fn environment(self) -> Self {
        self.variables_from(env::var)
    }

    /// Like [`environment`](Self::environment), but reads the variables with a function.
    #[must_use]
    pub fn environment_from(self, get: impl Fn(&str) -> Option<String>) -> Self {
        self.variables_from(|variable| get(variable).ok_or(VarError::NotPresent))
    }

    fn variables_from(mut self, get: impl Fn(&'static str) -> Result<String, VarError>) -> Self {
        for spec in TableSpec::linked() {
            for (key, variable) in spec.env {
                if let Some(value) = self.variable(variable, &get) {
                    self = self.set(spec.name, key, value.trim(), Origin::Environment(variable));
                }
            }
            for (key, variable) in spec.ambient {
                if !self.has_value(spec, key)
                    && let Some(value) = self.variable(variable, &get)
                {
                    self = self.set(spec.name, key, value.trim(), Origin::Environment(variable));
                }
            }
        }
        self.secrets_from(get)
    }

    /// The text of a variable. `None` if it is unset, empty or not valid Unicode. In the last case, [`build`](Self::build) fails.
    fn variable(
        &mut self,
        variable: &'static str,
        get: impl Fn(&'static str) -> Result<String, VarError>,
    ) -> Option<String> {
        match get(variable) {
            Ok(value) => Some(value).filter(|value| !value.trim().is_empty()),
            Err(VarError::NotPresent) => None,
            Err(VarError::NotUnicode(_)) => {
                self.unreadable.get_or_insert(SettingsError::NotUnicode { variable });
                None
            }
        }
    }

    /// Adds secrets from environment variables, or from the files that environment variables name.
    fn secrets_from(mut self, get: impl Fn(&'static str) -> Result<String, VarError>) -> Self {
        for spec in TableSpec::linked() {
            for &(key, variable, file_variable) in spec.secret {
                let (value, variable) = if let Some(value) = self.variable(variable, &get) {
                    (Ok(value), variable)
                } else if let Some(path) = self.variable(file_variable, &get) {
                    (fs::read_to_string(path.trim()), file_variable)
                } else {
                    continue;
                };
                match value {
                    Ok(value) => self = self.set(spec.name, key, value.trim(), Origin::Environment(variable)),
                    Err(source) => {
                        let (variable, table) = (file_variable, spec.name);
                        let unreadable = || SettingsError::SecretFile { variable, table, key, source };
                        self.unreadable.get_or_insert_with(unreadable);
                    }
                }
            }
        }
        self
    }

    /// Whether the key, or a key that excludes it, has a value.
    fn has_value(&self, spec: &TableSpec, key: &str) -> bool {
        let Some(entries) = self.tables.get(spec.name) else { return false };
        entries.contains_key(key) || spec.exclusive_with(key).any(|other| entries.contains_key(other))
    }

    /// Sets a key, and replaces its value from an earlier layer.
    #[must_use]
    pub fn set(self, table: &str, key: &str, value: impl Into<Value>, origin: Origin) -> Self {
        self.insert(table, key, Setting { value: value.into(), origin, positions: Positions::new() })
    }

    /// Sets a key. Removes the values that earlier layers have set for the keys that exclude this key.
    fn insert(mut self, table: &str, key: &str, setting: Setting) -> Self {
        let entries = self.tables.entry(table.to_owned()).or_default();
        for spec in TableSpec::linked().into_iter().filter(|spec| spec.name == table) {
            for other in spec.exclusive_with(key) {
                entries.remove(other);
            }
        }
        entries.insert(key.to_owned(), setting);
        self
    }

    /// Checks every table and key against the linked crates. The error contains the first error of each table. It contains
    /// only one error if an environment variable is not valid Unicode, or if a file with a secret cannot be read.
    pub fn build(self) -> Result<Settings, SettingsError> {
        check_unique_names()?;
        // The checks of the tables would take an unreadable value for a missing one.
        if let Some(unreadable) = self.unreadable {
            return Err(unreadable);
        }
        let mut errors = if self.is_shared { Vec::new() } else { self.unknown };
        let settings = Settings::new(self.tables, self.is_shared);
        for spec in TableSpec::linked() {
            let Err(error) = (spec.check)(&settings) else { continue };
            // The check of one table may read another table, and fail with the error of that table.
            if !errors.iter().any(|other| other.to_string() == error.to_string()) {
                errors.push(error);
            }
        }
        match errors.pop() {
            None => Ok(settings),
            Some(only) if errors.is_empty() => Err(only),
            Some(last) => {
                errors.push(last);
                Err(SettingsError::Several(errors))
            }
        }
    }
}
