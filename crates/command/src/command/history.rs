//! `report history`: shows the results of earlier runs.

use std::time::{SystemTime, UNIX_EPOCH};

use system_health_registry::{Catalog, KeyPattern};
use system_health_reporter::{warn_of_damage, with_goals_of_settings};
use system_health_state::Store;

use crate::{
    args::{Format, GlobList, HistoryArguments},
    exit::ExitStatus,
    history_query::{HistoryError, HistoryQuery, matching_entries},
    output::{HistoryReport, HistoryRow, Stdout},
    remembered::with_remembered_metrics,
    settings,
};

/// Shows the results of earlier runs.
pub(super) fn run(
    arguments: &HistoryArguments,
    catalog: &Catalog,
    stdout: Stdout,
) -> anyhow::Result<ExitStatus> {
    let settings = settings::builder(&arguments.settings)?.build()?;
    let folder = settings::state(&settings, &arguments.folder)?.folder()?;
    HistoryError::check_folder(&folder)?;
    let now = SystemTime::now();
    let past = |duration| now.checked_sub(duration).unwrap_or(UNIX_EPOCH).max(UNIX_EPOCH);
    if let Some(keep) = arguments.keep {
        let opened = Store::open(&folder)?;
        if let Some(damaged) = opened.moved_aside {
            warn_of_damage(&damaged);
        }
        opened.store.delete_older_than(past(keep))?;
    }
    let since = past(arguments.since);
    let catalog = &*with_remembered_metrics(catalog, &folder);
    let key = GlobList::only_text(&arguments.keys);
    let entries = if key.is_some() || arguments.keys.is_empty() {
        HistoryQuery { key, subject: None, since, max_rows: None }.entries(&folder, catalog)?
    } else {
        let globs = GlobList::globs(&arguments.keys);
        let patterns: Vec<KeyPattern> = globs.map(|glob| glob.glob().parse()).collect::<Result<_, _>>()?;
        matching_entries(&patterns, since, &folder, catalog)?
    };
    let rows: Vec<HistoryRow<'_>> = HistoryRow::from_entries(&entries).collect();
    if stdout.format() == Format::Csv {
        stdout.write(&HistoryRow::csv(&rows)?)?;
    } else {
        let catalog = &with_goals_of_settings(catalog.clone(), &settings)?;
        stdout.print(HistoryReport { entries: &entries, catalog, key, since, now }, &rows)?;
    }
    Ok(ExitStatus::Done)
}
