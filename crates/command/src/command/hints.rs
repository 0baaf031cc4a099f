//! Errors in terms of the command line: which flag to use, or to correct, and what else may help.

use anyhow::anyhow;
use system_health_registry::settings::SettingsError;
use system_health_reporter::{DestinationsError, PatternList, ReporterError, SelectionError};

/// An error about wrong settings or arguments.
pub(super) fn of_reporter(error: ReporterError) -> anyhow::Error {
    match error {
        ReporterError::Selection(error) => of_selection(error),
        ReporterError::Destinations(error) => of_destinations(error),
        ReporterError::Slot(error) => anyhow!("--align, or `align` in [report]: {error}"),
        error => error.into(),
    }
}

/// An error about where to deliver to.
fn of_destinations(error: DestinationsError) -> anyhow::Error {
    match error {
        DestinationsError::NoSink => {
            anyhow!("{error}; build it with the feature of a sink, for --push and --dry-run")
        }
        DestinationsError::NotChosen { .. } => anyhow!("{error}; --to names some for one run"),
        error => error.into(),
    }
}

fn of_selection(error: SelectionError) -> anyhow::Error {
    match error {
        SelectionError::Unmatched { list: PatternList::Only, .. } => {
            FlagError { flag: "--only", error }.into()
        }
        SelectionError::Unmatched { list: PatternList::Skip, .. } => {
            FlagError { flag: "--skip", error }.into()
        }
        SelectionError::Nothing => {
            anyhow!("--only, --skip and `skip` in [report] leave no metric to collect")
        }
        error => error.into(),
    }
}

/// A wrong value of a flag.
#[derive(Debug, thiserror::Error)]
#[error("{flag} {error}")]
struct FlagError {
    flag: &'static str,
    error: SelectionError,
}

/// What may help against an error, beyond what it says itself.
pub(super) fn hint(error: &anyhow::Error) -> Option<&'static str> {
    let settings = error.downcast_ref::<SettingsError>();
    let is_table = matches!(settings, Some(SettingsError::UnknownTable { .. }));
    let selection =
        error.downcast_ref().or_else(|| error.downcast_ref::<FlagError>().map(|flag| &flag.error));
    let is_metric = matches!(selection, Some(SelectionError::Unmatched { .. }));
    (is_table || is_metric).then_some(
        "a crate of your own is not linked until the program names it: add `use my_collectors as _;` to its main file",
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use system_health_registry::Settings;

    use super::*;

    #[test]
    fn what_an_unlinked_crate_may_cause_has_a_hint() {
        let settings = |text: &str| -> anyhow::Error {
            let file = Settings::builder().toml(Path::new("a.toml"), text).unwrap();
            file.build().unwrap_err().into()
        };

        let table = settings("[backup]\nfolder = 'a'");
        let key = settings("[report]\nfolder = 'a'");

        assert!(hint(&table).unwrap().contains("use my_collectors as _;"));
        assert_eq!(hint(&key), None);
    }
}
