//! Settings in layers: ambient environment variables, the file, other environment variables, flags. The
//! later one wins. Every value remembers where it came from, so that an error can say so.

use std::{
    collections::BTreeMap,
    env, fmt, fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::Deserialize;
use toml::{
    Value,
    de::{DeTable, DeValue, ValueDeserializer},
};

use super::{
    SettingsError, SettingsTable, TableSpec,
    keys::{check_exclusive, check_keys, check_table_name, no_table},
    lines::{self, Lines},
    number::with_range,
    redact::{redact, shown_name},
    written::written,
};
use crate::{Context, FromContext, Scope, Unavailable};

/// The settings of a process. A resource: empty unless the caller provides others.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    tables: Arc<Tables>,
}

/// Collects settings from the file, the environment and flags.
#[derive(Debug, Default)]
pub struct SettingsBuilder {
    tables: Tables,
    /// The first file with a secret that could not be read.
    unreadable: Option<SettingsError>,
    /// The first table that no linked crate declares.
    unknown: Option<SettingsError>,
    ignores_unknown_tables: bool,
}

type Tables = BTreeMap<String, BTreeMap<String, Entry>>;

#[derive(Clone)]
pub(super) struct Entry {
    value: Value,
    pub(super) origin: Origin,
    /// The lines of what is below the key, by its path.
    lines: Lines,
}

// The value could be a secret.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// Where a setting was said.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// In the settings file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, starting at 1.
        line: usize,
    },
    /// In an environment variable.
    Environment(&'static str),
    /// By a flag.
    Flag(&'static str),
}

impl Settings {
    /// Starts with nothing: every table has its defaults.
    #[must_use]
    pub fn builder() -> SettingsBuilder {
        SettingsBuilder::default()
    }

    /// What was said, and where: table, key, value, in their order. What is not here has its default. A
    /// secret has no value here.
    pub fn said(&self) -> impl Iterator<Item = (&str, &str, Option<String>, &Origin)> {
        self.tables.iter().flat_map(|(table, entries)| {
            entries.iter().map(|(key, entry)| {
                let value = (!is_secret(table, key)).then(|| written(&entry.value));
                (table.as_str(), key.as_str(), value, &entry.origin)
            })
        })
    }

    /// Where a key of a table was set; `None` if it has its default. What is below a key has a path, such as
    /// `metrics.commits.hotfix`.
    #[must_use]
    pub fn origin<T: SettingsTable>(&self, path: &str) -> Option<Origin> {
        self.tables.get(T::NAME).and_then(|entries| origin_of(entries, path))
    }

    /// One table, with its defaults where nothing was said.
    pub fn table<T: SettingsTable>(&self) -> Result<T, SettingsError> {
        let entries = self.tables.get(T::NAME);
        let values = entries.into_iter().flatten().map(|(key, entry)| (key.clone(), entry.value.clone()));
        serde_path_to_error::deserialize(Value::Table(values.collect())).map_err(|error| {
            let path = error.path().to_string();
            let message = error.inner().message().to_owned();
            match entries.and_then(|entries| Some((entry_of(entries, &path)?, origin_of(entries, &path)?))) {
                Some(((key, entry), origin)) => SettingsError::Value {
                    origin,
                    table: T::NAME.to_owned(),
                    message: with_range(&redact(&message, &entry.value, is_secret(T::NAME, key))),
                    // A key of a map is refused as it was written, and may be a token in the wrong place.
                    path: if path == key { shown_name(key) } else { redact(&path, &entry.value, false) },
                },
                None => SettingsError::Table { table: T::NAME.to_owned(), message },
            }
        })
    }
}

impl FromContext for Settings {
    const SCOPE: Scope = Scope::Process;

    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self::default())
    }
}

impl SettingsBuilder {
    /// Adds the settings of a file.
    pub fn file(self, path: &Path) -> Result<Self, SettingsError> {
        let text = fs::read_to_string(path)
            .map_err(|source| SettingsError::Read { path: path.to_owned(), source })?;
        self.toml(path, &text)
    }

    /// Adds settings from the text of a file; the path is only for messages.
    pub fn toml(mut self, path: &Path, text: &str) -> Result<Self, SettingsError> {
        let ends: Vec<usize> = text.match_indices('\n').map(|(position, _)| position).collect();
        let line_of = |position: usize| ends.partition_point(|end| *end < position) + 1;
        let syntax = |error: &toml::de::Error| SettingsError::Syntax {
            path: path.to_owned(),
            line: error.span().map_or(1, |span| line_of(span.start)),
            message: error.message().to_owned(),
        };
        let origin =
            |span: std::ops::Range<usize>| Origin::File { path: path.to_owned(), line: line_of(span.start) };
        let file = DeTable::parse(text).map_err(|error| syntax(&error))?;
        for (name, content) in file.into_inner() {
            let (place, name) = (origin(name.span()), name.into_inner().into_owned());
            let DeValue::Table(content) = content.into_inner() else {
                return Err(no_table(place, name));
            };
            if let Err(unknown) = check_table_name(&name, &place) {
                self.unknown.get_or_insert(unknown);
                continue;
            }
            let mut keys = BTreeMap::new();
            for (key, value) in content {
                let origin = origin(key.span());
                let key = key.into_inner().into_owned();
                let lines = lines::below(&key, value.get_ref(), &line_of);
                let value =
                    Value::deserialize(ValueDeserializer::from(value)).map_err(|error| syntax(&error))?;
                keys.insert(key, Entry { value, origin, lines });
            }
            check_exclusive(&name, &keys)?;
            for (key, entry) in keys {
                self = self.insert(&name, &key, entry);
            }
        }
        Ok(self)
    }

    /// Ignores tables that no linked crate declares, for a program that shares a file with others and uses only some
    /// of its tables. Keys of the tables that it does use are checked all the same.
    ///
    /// ```
    /// use std::path::Path;
    /// use system_health_registry::Settings;
    ///
    /// # fn main() -> Result<(), system_health_registry::settings::SettingsError> {
    /// let shared = "[a_table_of_another_program]\nkey = 1";
    /// assert!(Settings::builder().toml(Path::new("shared.toml"), shared)?.build().is_err());
    /// Settings::builder().ignore_unknown_tables().toml(Path::new("shared.toml"), shared)?.build()?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn ignore_unknown_tables(mut self) -> Self {
        self.ignores_unknown_tables = true;
        self
    }

    /// Adds the environment variables that the linked tables name. Ambient variables are used only for
    /// keys that have no value yet, so add the file first.
    #[must_use]
    pub fn environment(self) -> Self {
        self.environment_from(|variable| env::var(variable).ok())
    }

    /// The same with another environment. Empty variables count as unset.
    #[must_use]
    pub fn environment_from(mut self, get: impl Fn(&str) -> Option<String>) -> Self {
        let get = |variable: &str| get(variable).filter(|value| !value.trim().is_empty());
        for spec in TableSpec::linked() {
            for (key, variable) in spec.env {
                if let Some(value) = get(variable) {
                    self = self.set(spec.name, key, value.trim(), Origin::Environment(variable));
                }
            }
            for (key, variable) in spec.ambient {
                if let Some(value) = get(variable).filter(|_| !self.has(spec, key)) {
                    self = self.set(spec.name, key, value.trim(), Origin::Environment(variable));
                }
            }
        }
        self.secrets_from(get)
    }

    /// Adds the secrets that environment variables hold, or the files that they name.
    #[must_use]
    fn secrets_from(mut self, get: impl Fn(&str) -> Option<String>) -> Self {
        let get = |variable: &str| get(variable).filter(|value| !value.trim().is_empty());
        for spec in TableSpec::linked() {
            for &(key, variable, file_variable) in spec.secret {
                let (value, variable) = if let Some(value) = get(variable) {
                    (Ok(value), variable)
                } else if let Some(path) = get(file_variable) {
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

    fn has(&self, spec: &TableSpec, key: &str) -> bool {
        let Some(entries) = self.tables.get(spec.name) else { return false };
        entries.contains_key(key) || spec.exclusive_with(key).any(|other| entries.contains_key(other))
    }

    /// Sets one key, over what was said before.
    #[must_use]
    pub fn set(self, table: &str, key: &str, value: impl Into<Value>, origin: Origin) -> Self {
        self.insert(table, key, Entry { value: value.into(), origin, lines: Lines::new() })
    }

    /// Puts an entry over what was said before, also over what was said by another key.
    fn insert(mut self, table: &str, key: &str, entry: Entry) -> Self {
        let entries = self.tables.entry(table.to_owned()).or_default();
        for spec in TableSpec::linked().filter(|spec| spec.name == table) {
            for other in spec.exclusive_with(key) {
                entries.remove(other);
            }
        }
        entries.insert(key.to_owned(), entry);
        self
    }

    /// Checks every table and key against the linked crates.
    pub fn build(self) -> Result<Settings, SettingsError> {
        if let Some(unknown) = self.unknown.filter(|_| !self.ignores_unknown_tables) {
            return Err(unknown);
        }
        if let Some(unreadable) = self.unreadable {
            return Err(unreadable);
        }
        for (table, entries) in &self.tables {
            check_keys(table, entries)?;
        }
        let settings = Settings { tables: Arc::new(self.tables) };
        TableSpec::linked().try_for_each(|spec| (spec.check)(&settings))?;
        Ok(settings)
    }
}

/// The entry that holds a path: of `jobs[1]` that of `jobs`. A key may contain dots itself.
fn entry_of<'e>(entries: &'e BTreeMap<String, Entry>, path: &str) -> Option<(&'e str, &'e Entry)> {
    let holding = entries.iter().filter(|(key, _)| lines::holds(key, path));
    holding.max_by_key(|(key, _)| key.len()).map(|(key, entry)| (key.as_str(), entry))
}

/// Where the value at a path was set, or what holds it.
fn origin_of(entries: &BTreeMap<String, Entry>, path: &str) -> Option<Origin> {
    let (_, entry) = entry_of(entries, path)?;
    let nearest = entry.lines.iter().filter(|(known, _)| lines::holds(known, path));
    Some(match (&entry.origin, nearest.max_by_key(|(known, _)| known.len())) {
        (Origin::File { path, .. }, Some((_, &line))) => Origin::File { path: path.clone(), line },
        (origin, _) => origin.clone(),
    })
}

/// Whether a linked crate declares a key a secret.
fn is_secret(table: &str, key: &str) -> bool {
    TableSpec::linked().any(|spec| spec.name == table && spec.is_secret(key))
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Environment(variable) => write!(f, "environment variable {variable}"),
            Self::Flag(flag) => write!(f, "flag {flag}"),
        }
    }
}
