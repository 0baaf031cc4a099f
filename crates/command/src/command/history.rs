//! `report history`: shows the results of earlier runs.

use std::time::{SystemTime, UNIX_EPOCH};

use system_health_registry::{Catalog, settings::Known};
use system_health_reporter::{warn_of_damage, with_goals_of_settings};
use system_health_state::Store;

use super::hints::WithHint;
use crate::{
    args::{Format, HistoryArguments},
    exit::Status,
    output::{HistoryReport, HistoryRow, Stdout},
    settings,
};

/// Shows the results of earlier runs.
pub(super) fn run(arguments: &HistoryArguments, catalog: &Catalog, stdout: Stdout) -> anyhow::Result<Status> {
    let settings = settings::builder(&arguments.settings)?.build()?;
    let folder = settings::state(&settings, &arguments.folder)?.folder()?;
    if !folder.join(Store::FILE).exists() {
        let message = format!("no runs are kept in {}", folder.display());
        let hint = "collect metrics first, or name another folder with --state-dir";
        return Err(WithHint { message, hint }.into());
    }
    let now = SystemTime::now();
    let past = |duration| now.checked_sub(duration).unwrap_or(UNIX_EPOCH).max(UNIX_EPOCH);
    if let Some(keep) = arguments.keep {
        let opened = Store::open(&folder)?;
        if let Some(damaged) = opened.moved_aside {
            warn_of_damage(&damaged);
        }
        opened.store.delete_older_than(past(keep))?;
    }
    let store = Store::open_existing(&folder)?;
    let since = past(arguments.since);
    let key = arguments.key.as_deref();
    if let Some(key) = key
        && !catalog.metrics().iter().any(|metric| metric.key() == key)
        && !store.knows(key)?
    {
        let keys = catalog.metrics().iter().map(|metric| metric.key());
        let known = Known::nearest_to(key, keys);
        let message = format!("no linked metric has the key `{key}`, and no run has recorded it{known}");
        return Err(WithHint { message, hint: "the command `list` shows the linked metrics" }.into());
    }
    let entries = store.history(key, since)?;
    let rows = HistoryRow::from_entries(&entries);
    match stdout.format() {
        Format::Csv => stdout.write(&HistoryRow::csv(&rows)?)?,
        _ => {
            let catalog = &with_goals_of_settings(catalog.clone(), &settings)?;
            stdout.print(HistoryReport { entries: &entries, catalog, key, since, now }, &rows)?;
        }
    }
    Ok(Status::Done)
}
