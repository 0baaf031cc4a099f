//! `report list`: prints the catalog.

use system_health_registry::{
    Catalog, Settings,
    settings::{SettingsBuilder, SettingsError},
};
use system_health_reporter::{Selection, with_goals_of_settings};

use crate::{
    args::{Format, ListArguments},
    exit::ExitStatus,
    output::{JsonCatalog, MarkdownList, Stdout, TableList},
    remembered::with_remembered,
    settings,
};

/// Prints the catalog.
pub(super) fn run(
    arguments: &ListArguments,
    catalog: &Catalog,
    stdout: Stdout,
) -> anyhow::Result<ExitStatus> {
    let settings = settings::builder(&arguments.settings).and_then(SettingsBuilder::build);
    let catalog = match &settings {
        Ok(_) => with_remembered(catalog, Some(&arguments.settings), Some(&arguments.folder))?.into_owned(),
        // The wrong settings may name another state folder.
        Err(_) => catalog.clone(),
    };
    let (catalog, selection) = &apply_settings(settings, catalog)?;
    if stdout.format() == Format::Markdown {
        stdout.write(&MarkdownList(catalog).to_string())?;
    } else {
        stdout.print(
            TableList { catalog, selection, width: Stdout::width() },
            JsonCatalog::new(catalog, selection),
        )?;
    }
    Ok(ExitStatus::Done)
}

/// Applies the goals in the settings to the catalog, and returns which metrics the settings select. If the settings are wrong, a
/// warning is logged and the defaults are used, because the list helps to correct the settings.
fn apply_settings(
    settings: Result<Settings, SettingsError>,
    catalog: Catalog,
) -> anyhow::Result<(Catalog, Selection)> {
    let applied = settings.and_then(|settings| {
        let catalog = with_goals_of_settings(catalog.clone(), &settings)?;
        let selection = Selection::default().with_settings(&catalog, &settings)?;
        Ok((catalog, selection))
    });
    match applied {
        Ok(applied) => Ok(applied),
        Err(error) => {
            tracing::warn!(
                "the settings are wrong, so the list shows what a run collects without settings: {error}"
            );
            let selection = Selection::default().with_settings(&catalog, &Settings::default())?;
            Ok((catalog, selection))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use system_health_test_support::scene::Scene;

    use super::*;
    use crate::{
        args::{Arguments, Command, command_line},
        output::fixture,
    };

    #[test]
    fn wrong_settings_do_not_fail_the_list_of_a_program_with_sources() {
        let scene = Scene::new("report").file("wrong.toml", "[report]\nskipp = []\n");
        let file = scene.folder().join("wrong.toml");
        let words = ["report", "list", "--format", "json", "--config"].map(OsString::from);
        let words = [&words[..], &[file.into_os_string()]].concat();
        let arguments = Arguments::read(command_line("report", "1.0", &[], []), &words).unwrap();
        let Some(Command::List(list)) = &arguments.command else { panic!("{arguments:?}") };
        let catalog = Catalog::from_sources(fixture::sources()).unwrap();

        let status = run(list, &catalog, Stdout::new(&arguments.output)).unwrap();

        assert_eq!(status, ExitStatus::Done);
    }
}
