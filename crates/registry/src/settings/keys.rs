//! Which tables and keys there are, and which exclude each other.

use std::collections::BTreeMap;

use super::{Origin, SettingsError, TableSpec, builder::Entry, error::Known, redact::shown_name};

/// What is wrong with a name at the top of the file that has no table behind it.
pub(super) fn no_table(origin: Origin, key: String) -> SettingsError {
    let mut tables: Vec<_> = TableSpec::linked().map(|spec| spec.name).collect();
    if tables.contains(&key.as_str()) {
        return SettingsError::NoTable { origin, key };
    }
    tables.sort_unstable();
    tables.dedup();
    SettingsError::Outside { origin, key: shown_name(&key), tables }
}

pub(super) fn check_table_name(table: &str, origin: &Origin) -> Result<(), SettingsError> {
    let mut names = TableSpec::linked().map(|spec| spec.name);
    if names.any(|name| name == table) {
        return Ok(());
    }
    let known = Known::nearest_to(table, TableSpec::linked().map(|spec| spec.name));
    Err(SettingsError::UnknownTable { origin: origin.clone(), table: shown_name(table), known })
}

pub(super) fn check_keys(table: &str, entries: &BTreeMap<String, Entry>) -> Result<(), SettingsError> {
    let fields = TableSpec::linked().find(|spec| spec.name == table).and_then(|spec| (spec.fields)());
    let Some(fields) = fields else { return Ok(()) };
    match entries.iter().find(|(key, _)| !fields.contains(&key.as_str())) {
        None => Ok(()),
        Some((key, entry)) => Err(SettingsError::UnknownKey {
            origin: entry.origin.clone(),
            table: table.to_owned(),
            key: shown_name(key),
            known: Known::nearest_to(key, fields.iter().copied()),
        }),
    }
}

/// Refuses two keys of one file that say the same in two ways.
pub(super) fn check_exclusive(table: &str, entries: &BTreeMap<String, Entry>) -> Result<(), SettingsError> {
    let pairs = TableSpec::linked().filter(|spec| spec.name == table).flat_map(|spec| spec.exclusive);
    for &(key, other) in pairs {
        if let Some((entry, beside)) = entries.get(key).zip(entries.get(other)) {
            return Err(SettingsError::Exclusive {
                origin: entry.origin.clone(),
                table: table.to_owned(),
                key,
                other,
                other_origin: beside.origin.clone(),
            });
        }
    }
    Ok(())
}
