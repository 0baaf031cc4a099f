//! `report list`: prints the catalog.

use system_health_registry::{Catalog, Settings, settings::SettingsBuilder};
use system_health_reporter::{Selection, with_goals_of_settings};

use crate::{
    args::{Format, ListArguments},
    exit::ExitStatus,
    output::{JsonList, MarkdownList, Stdout, TableList},
    remembered::with_remembered,
    settings,
};

/// Prints the catalog.
pub(super) fn run(
    arguments: &ListArguments,
    catalog: &Catalog,
    stdout: Stdout,
) -> anyhow::Result<ExitStatus> {
    let catalog = with_remembered(catalog, Some(&arguments.settings), Some(&arguments.folder))?.into_owned();
    let (catalog, selection) = &apply_settings(arguments, catalog)?;
    if stdout.format() == Format::Markdown {
        stdout.write(&MarkdownList(catalog).to_string())?;
    } else {
        stdout.print(
            TableList { catalog, selection, width: Stdout::width() },
            JsonList::new(catalog, selection),
        )?;
    }
    Ok(ExitStatus::Done)
}

/// Applies the goals in the settings to the catalog, and returns which metrics the settings select. If the settings are wrong, a
/// warning is logged and the defaults are used, because the list helps to correct the settings.
fn apply_settings(arguments: &ListArguments, catalog: Catalog) -> anyhow::Result<(Catalog, Selection)> {
    let settings = settings::builder(&arguments.settings).and_then(SettingsBuilder::build);
    let applied = settings.and_then(|settings| {
        let catalog = with_goals_of_settings(catalog.clone(), &settings)?;
        let selection = Selection::default().with_settings(&catalog, &settings)?;
        Ok((catalog, selection))
    });
    match applied {
        Ok(applied) => Ok(applied),
        Err(error) => {
            tracing::warn!("the list shows what a run collects without settings: {error}");
            let selection = Selection::default().with_settings(&catalog, &Settings::default())?;
            Ok((catalog, selection))
        }
    }
}
