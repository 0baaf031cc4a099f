//! The value of one key, with its origin.

use std::{collections::BTreeMap, fmt};

use toml::Value;

use super::{
    Origin,
    positions::{Position, Positions, contains},
};

/// The keys of one table that are set.
pub(super) type TableEntries = BTreeMap<String, Setting>;

/// The value of a key, and where it was set.
#[derive(Clone)]
pub(super) struct Setting {
    pub(super) value: Value,
    pub(super) origin: Origin,
    /// The positions of the values below the key, if the key was set in a file.
    pub(super) positions: Positions,
}

/// The setting whose value contains the value at a path. For `jobs[1]`, this is the setting of `jobs`. A key may contain dots.
pub(super) fn setting_at<'s>(entries: &'s TableEntries, path: &str) -> Option<(&'s str, &'s Setting)> {
    let containing = entries.iter().filter(|(key, _)| contains(key, path));
    containing.max_by_key(|(key, _)| key.len()).map(|(key, setting)| (key.as_str(), setting))
}

/// The origin of the value at a path. If its position is not known, the origin of the innermost value that contains it.
pub(super) fn origin_of(entries: &TableEntries, path: &str) -> Option<Origin> {
    let (_, setting) = setting_at(entries, path)?;
    let containing = setting.positions.iter().filter(|(known, _)| contains(known, path));
    Some(match (&setting.origin, containing.max_by_key(|(known, _)| known.len())) {
        (Origin::File { path, .. }, Some((_, &Position { line, column }))) => {
            Origin::File { path: path.clone(), line, column }
        }
        (origin, _) => origin.clone(),
    })
}

// The value is not shown, because it could be a secret.
impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setting").field("origin", &self.origin).finish_non_exhaustive()
    }
}
