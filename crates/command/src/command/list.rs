//! `report list`: prints the catalog.

use system_health_registry::{Catalog, Settings, settings::SettingsBuilder};
use system_health_reporter::Selection;

use crate::{
    args::{Format, ListArguments},
    exit::Status,
    output::{JsonList, MarkdownList, Stdout, TableList},
    remembered::with_remembered,
    settings,
};

/// Prints the catalog.
pub(super) fn run(arguments: &ListArguments, catalog: &Catalog, stdout: Stdout) -> anyhow::Result<Status> {
    let catalog = &with_remembered(catalog, Some(&arguments.settings), Some(&arguments.folder))?;
    if stdout.format() == Format::Markdown {
        stdout.write(&MarkdownList(catalog).to_string())?;
    } else {
        let selection = &selection(arguments, catalog)?;
        stdout.print(
            TableList { catalog, selection, width: Stdout::width() },
            JsonList::new(catalog, selection),
        )?;
    }
    Ok(Status::Done)
}

/// The metrics that the settings select. If the settings are wrong, a warning is logged and the defaults are used, because the
/// list helps to correct them.
fn selection(arguments: &ListArguments, catalog: &Catalog) -> anyhow::Result<Selection> {
    let by_settings = settings::builder(&arguments.settings).and_then(SettingsBuilder::build);
    let by_settings = by_settings.and_then(|settings| Selection::default().with_settings(catalog, &settings));
    match by_settings {
        Ok(selection) => Ok(selection),
        Err(error) => {
            tracing::warn!("the list shows what a run collects without settings: {error}");
            Ok(Selection::default().with_settings(catalog, &Settings::default())?)
        }
    }
}
