//! Parses the text of a settings file: its tables, their keys, and the positions of both.

use std::{ops::Range, path::Path};

use serde::Deserialize;
use toml::{
    Value,
    de::{DeTable, DeValue, ValueDeserializer},
};

use super::{
    Origin, SettingsError,
    keys::not_a_table,
    positions::Locator,
    setting::{Setting, TableEntries},
};

/// A table of a file.
pub(super) struct FileTable {
    pub(super) name: String,
    pub(super) origin: Origin,
    pub(super) entries: TableEntries,
}

/// Reads all tables of a file. The path is used in messages, and to resolve relative paths.
pub(super) fn parse(path: &Path, text: &str) -> Result<Vec<FileTable>, SettingsError> {
    let locator = Locator::new(path, text);
    let syntax = |error: &toml::de::Error| SettingsError::Syntax {
        origin: locator.origin(error.span().unwrap_or(Range { start: 0, end: 0 })),
        message: error.message().to_owned(),
    };
    let file = DeTable::parse(text).map_err(|error| syntax(&error))?;
    let mut tables = Vec::new();
    for (name, content) in file.into_inner() {
        let (origin, name) = (locator.origin(name.span()), name.into_inner().into_owned());
        let DeValue::Table(content) = content.into_inner() else {
            return Err(not_a_table(origin, name));
        };
        let mut entries = TableEntries::new();
        for (key, value) in content {
            let origin = locator.origin(key.span());
            let key = key.into_inner().into_owned();
            let positions = locator.below(&key, value.get_ref());
            let value = Value::deserialize(ValueDeserializer::from(value)).map_err(|error| syntax(&error))?;
            entries.insert(key, Setting { value, origin, positions });
        }
        tables.push(FileTable { name, origin, entries });
    }
    Ok(tables)
}
