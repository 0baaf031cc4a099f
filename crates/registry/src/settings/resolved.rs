//! The settings of a process, combined from all layers. Every value has its origin, so that an error can name it.

use std::{collections::BTreeMap, fmt, sync::Arc};

use serde_path_to_error::{Path, Segment};

use super::{
    Origin, SettingsBuilder, SettingsError, SettingsTable, TableSpec,
    deserialize::{DeserializeError, TableDeserializer},
    format::to_toml,
    list::with_brackets,
    number::with_range,
    place::{place, written},
    possible_secret::shown_name,
    redact::redact,
    setting::{Setting, TableEntries, origin_of, setting_at},
};
use crate::{Context, FromContext, Scope, Unavailable};

/// The settings of a process, as a resource. They are empty unless the program provides them.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    tables: Arc<Tables>,
    is_shared: bool,
}

/// The keys that are set, by table.
pub(super) type Tables = BTreeMap<String, TableEntries>;

impl Settings {
    /// A builder without settings, so that every key has its default.
    #[must_use]
    pub fn builder() -> SettingsBuilder {
        SettingsBuilder::default()
    }

    pub(super) fn new(tables: Tables, is_shared: bool) -> Self {
        Self { tables: Arc::new(tables), is_shared }
    }

    /// Whether other programs use the same file, so that its entries may be about metrics that this program does not have.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// All keys that are set: table, key, value and origin, sorted by table and key. Keys that are not included have their
    /// defaults. The value is `None` for a secret.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &str, Option<String>, &Origin)> {
        self.tables.iter().flat_map(|(table, entries)| {
            entries.iter().map(|(key, setting)| {
                let value = (!is_secret(table, key)).then(|| to_toml(&setting.value));
                (table.as_str(), key.as_str(), value, &setting.origin)
            })
        })
    }

    /// Whether the texts in a table may be shown. See [`SettingsTable::shows_text`].
    #[must_use]
    pub fn shows_text(&self, table: &str) -> bool {
        TableSpec::linked().iter().any(|spec| spec.name == table && (spec.shows_text)(self))
    }

    /// Where a key of a table was set, or `None` if it has its default. A value below a key is named by its path, such as
    /// `metrics.commits.hotfix`.
    #[must_use]
    pub fn origin<T: SettingsTable>(&self, path: &str) -> Option<Origin> {
        self.tables.get(T::NAME).and_then(|entries| origin_of(entries, path))
    }

    /// An error about the value at a path. If the value is set, the error names its origin. See [`origin`](Self::origin) for paths.
    #[must_use]
    pub fn refuse<T: SettingsTable>(&self, path: &str, message: impl fmt::Display) -> SettingsError {
        let entries = self.tables.get(T::NAME);
        let place = entries.and_then(|entries| place(T::NAME, entries, path));
        match place.zip(self.origin::<T>(path)) {
            Some((place, origin)) => SettingsError::Value { origin, place, message: message.to_string() },
            None => {
                SettingsError::Table { table: T::NAME.to_owned(), message: format!("`{path}`: {message}") }
            }
        }
    }

    /// A table. Keys that are not set have their defaults.
    pub fn table<T: SettingsTable>(&self) -> Result<T, SettingsError> {
        let unset = TableEntries::new();
        let entries = self.tables.get(T::NAME).unwrap_or(&unset);
        serde_path_to_error::deserialize(TableDeserializer(entries))
            .map_err(|error| refusal(T::NAME, entries, &error))
    }
}

impl FromContext for Settings {
    const SCOPE: Scope = Scope::Process;

    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self::default())
    }
}

/// The error for a table that was refused.
fn refusal(
    table: &'static str,
    entries: &TableEntries,
    error: &serde_path_to_error::Error<DeserializeError>,
) -> SettingsError {
    let is_whole_table = error.path().iter().next().is_none();
    let path = if is_whole_table { String::new() } else { error.path().to_string() };
    let (message, origin) = match error.inner() {
        DeserializeError::UnknownKey { key, known } => {
            let key_path = if is_whole_table { key.clone() } else { format!("{path}.{key}") };
            // Keys of secrets are not suggested, because secrets should not be written into a file.
            let known = known.clone().without(|name| is_whole_table && is_secret(table, name));
            let key = shown_name(key);
            let Some(origin) = origin_of(entries, &key_path) else {
                let message = DeserializeError::UnknownKey { key, known }.to_string();
                return SettingsError::Table { table: table.to_owned(), message };
            };
            return SettingsError::UnknownKey { origin, table: table_name(table, error.path()), key, known };
        }
        DeserializeError::MissingKey(key) if is_whole_table => {
            return SettingsError::NoDefault { table, location: TableSpec::location(table), key };
        }
        other => (other.to_string(), origin_of(entries, &path)),
    };
    let found = setting_at(entries, &path).zip(place(table, entries, &path)).zip(origin);
    if let Some((((key, setting), place), origin)) = found {
        let message = plain(&redact(&message, &setting.value, is_secret(table, key)));
        return SettingsError::Value { origin, place, message };
    }
    let message = redact_all(table, entries, &message);
    SettingsError::Table { table: table.to_owned(), message }
}

/// Removes possible secrets from a message about a whole table.
fn redact_all(table: &str, entries: &TableEntries, message: &str) -> String {
    entries.iter().fold(message.to_owned(), |message, (key, Setting { value, .. })| {
        redact(&message.replace(key, &shown_name(key)), value, is_secret(table, key))
    })
}

/// Rewrites a message of serde for people who write settings.
fn plain(message: &str) -> String {
    with_brackets(&with_range(message))
}

/// The name of a nested table, as it is written in a file: `repositories."acme/web"`.
fn table_name(table: &str, path: &Path) -> String {
    path.iter().fold(table.to_owned(), |name, segment| match segment {
        Segment::Map { key } | Segment::Enum { variant: key } => format!("{name}.{}", written(key)),
        Segment::Seq { index } => format!("{name}[{index}]"),
        Segment::Unknown => name,
    })
}

/// Whether a linked crate declares a key as a secret.
fn is_secret(table: &str, key: &str) -> bool {
    TableSpec::linked().iter().any(|spec| spec.name == table && spec.is_secret(key))
}
