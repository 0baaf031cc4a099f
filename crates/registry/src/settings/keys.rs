//! Checks of the names of tables and keys.

use super::{
    NameSuggestions, Origin, SettingsError, TableSpec, possible_secret::shown_name, setting::TableEntries,
};

/// The error for a name at the top level of the file if the value of the name is not a table.
pub(super) fn not_a_table(origin: Origin, key: String) -> SettingsError {
    let mut tables: Vec<_> = TableSpec::linked().iter().map(|spec| spec.name).collect();
    if tables.contains(&key.as_str()) {
        return SettingsError::NotATable { origin, key };
    }
    tables.dedup();
    SettingsError::OutsideTables { origin, key: shown_name(&key), tables }
}

/// Refuses a table that no linked crate declares.
pub(super) fn check_table_name(table: &str, origin: &Origin) -> Result<(), SettingsError> {
    let names: Vec<_> = TableSpec::linked().iter().map(|spec| spec.name).collect();
    if names.contains(&table) {
        return Ok(());
    }
    let known = NameSuggestions::nearest_to(table, names);
    Err(SettingsError::UnknownTable { origin: origin.clone(), table: shown_name(table), known })
}

/// Refuses two linked tables with the same name, because each would refuse the keys of the other.
pub(super) fn check_unique_names() -> Result<(), SettingsError> {
    let specs = TableSpec::linked();
    match specs.iter().zip(specs.iter().skip(1)).find(|(spec, next)| spec.name == next.name) {
        None => Ok(()),
        Some((spec, next)) => Err(SettingsError::DeclaredTwice {
            table: spec.name,
            first: spec.location.clone(),
            second: next.location.clone(),
        }),
    }
}

/// Refuses two keys of one file that exclude each other.
pub(super) fn check_exclusive(table: &str, entries: &TableEntries) -> Result<(), SettingsError> {
    let specs = TableSpec::linked();
    let pairs = specs.iter().filter(|spec| spec.name == table).flat_map(|spec| spec.exclusive);
    for &(key, other) in pairs {
        if let Some((setting, other_setting)) = entries.get(key).zip(entries.get(other)) {
            return Err(SettingsError::Exclusive {
                origin: setting.origin.clone(),
                table: table.to_owned(),
                key,
                other,
                other_origin: other_setting.origin.clone(),
            });
        }
    }
    Ok(())
}
