//! `report history`.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::bail;
use system_health_registry::Catalog;
use system_health_reporter::warn_of_damage;
use system_health_state::Store;

use crate::{
    args::{Format, HistoryArguments},
    exit::Status,
    output::{History, Row, Stdout},
    settings,
};

/// Shows what earlier runs found.
pub(super) fn run(arguments: &HistoryArguments, catalog: &Catalog, stdout: Stdout) -> anyhow::Result<Status> {
    let settings = settings::builder(&arguments.settings)?.build()?;
    let folder = settings::state(&settings, &arguments.folder)?.folder()?;
    if !folder.join(Store::FILE).exists() {
        bail!(
            "no runs are kept in {}; run `report` first, or name another folder with --state-dir",
            folder.display()
        );
    }
    let now = SystemTime::now();
    let past = |duration| now.checked_sub(duration).unwrap_or(UNIX_EPOCH).max(UNIX_EPOCH);
    if let Some(keep) = arguments.keep {
        let opened = Store::open(&folder)?;
        if let Some(damaged) = opened.moved_aside {
            warn_of_damage(&damaged);
        }
        opened.store.keep(past(keep))?;
    }
    let store = Store::open_as_it_is(&folder)?;
    let since = past(arguments.since);
    let key = arguments.key.as_deref();
    if let Some(key) = key
        && !catalog.metrics().iter().any(|metric| metric.key() == key)
        && !store.knows(key)?
    {
        bail!("`{key}` is no linked metric, and no run has kept one; `report list` shows the linked ones");
    }
    let entries = store.history(key, since)?;
    let rows = Row::of(&entries);
    match stdout.form() {
        Format::Csv => stdout.write(&Row::csv(&rows)?)?,
        _ => stdout.print(History { entries: &entries, catalog, key, since, now }, &rows)?,
    }
    Ok(Status::Done)
}
