//! Errors of the reporter in terms of the command line: which flag to use, or to correct.

use anyhow::anyhow;
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
pub(super) fn of_destinations(error: DestinationsError) -> anyhow::Error {
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
        SelectionError::Unmatched { list: PatternList::Only, .. } => anyhow!("--only {error}"),
        SelectionError::Unmatched { list: PatternList::Skip, .. } => anyhow!("--skip {error}"),
        SelectionError::Nothing => anyhow!("--only, --skip and `skip` in [report] leave no metric to collect"),
        error => error.into(),
    }
}
