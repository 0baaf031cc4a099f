//! Hints that say which flag or command of `report` helps with an error. The crates below the command know no flags, so
//! their errors only say what is wrong and name the settings.

use std::{collections::BTreeSet, error::Error, iter};

use system_health_registry::{Report, SharedError, Unavailable, settings::SettingsError};
use system_health_reporter::{
    DestinationsError, PatternList, ReporterError, SelectionError, StateError, UnmatchedPattern,
};
use system_health_state::StoreError;

use crate::history_query::HistoryError;

/// An error of the command itself, with its hint.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct WithHint {
    /// What is wrong.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) hint: &'static str,
}

/// An error in place of a resource. It is displayed with all its causes. Its hint is that of the first cause that has a hint.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct UnavailableError(pub(crate) Unavailable);

/// The hint for an error, or for the first of its causes that has one.
pub(crate) fn hint(error: &anyhow::Error) -> Option<&'static str> {
    error.chain().find_map(hint_for)
}

/// Logs the patterns that no metric matched, although all sources have returned their metrics.
pub(crate) fn log_unmatched(patterns: &[UnmatchedPattern]) {
    for unmatched in patterns {
        let hint = for_unmatched(unmatched);
        // An unmatched pattern of another list does not change the exit status.
        if unmatched.list == PatternList::Only {
            tracing::error!(hint, "{unmatched}");
        } else {
            tracing::warn!(hint, "{unmatched}");
        }
    }
}

/// Logs the hints for the errors of metrics, each hint once.
pub(crate) fn log(report: &Report) {
    for hint in for_metrics(report) {
        tracing::warn!(hint);
    }
}

fn for_metrics(report: &Report) -> BTreeSet<&'static str> {
    let errors = report.run().outcomes().iter().filter_map(|outcome| match &outcome.result {
        Err(Unavailable::Error(error)) => Some(error),
        _ => None,
    });
    errors.filter_map(for_shared_error).collect()
}

fn for_unavailable(unavailable: &Unavailable) -> Option<&'static str> {
    match unavailable {
        Unavailable::NoData(_) => None,
        Unavailable::Error(error) => for_shared_error(error),
    }
}

fn for_shared_error(error: &SharedError) -> Option<&'static str> {
    let error: &(dyn Error + 'static) = error.as_error();
    iter::successors(Some(error), |&error| error.source()).find_map(hint_for)
}

fn hint_for(error: &(dyn Error + 'static)) -> Option<&'static str> {
    if let Some(error) = error.downcast_ref::<ReporterError>() {
        // A transparent error shows its cause, but does not return it as its source.
        return match error {
            ReporterError::Selection(SelectionError::Unmatched(unmatched)) => for_unmatched(unmatched),
            ReporterError::Selection(error) => for_selection(error),
            ReporterError::Destinations(error) => for_destinations(error),
            ReporterError::Slot(_) => Some("set a shorter slot with --align"),
            ReporterError::State(error) => for_state(error),
            ReporterError::Settings(error) => for_settings(error),
            ReporterError::Preview { error, .. } => for_unavailable(error),
            _ => None,
        };
    }
    (error.downcast_ref().and_then(for_selection))
        .or_else(|| error.downcast_ref().and_then(for_destinations))
        .or_else(|| error.downcast_ref().and_then(for_settings))
        .or_else(|| error.downcast_ref().and_then(for_state))
        .or_else(|| error.downcast_ref().map(|_: &StoreError| STORE_HINT))
        .or_else(|| error.downcast_ref().map(for_history))
        .or_else(|| error.downcast_ref().map(|WithHint { hint, .. }| *hint))
        .or_else(|| error.downcast_ref().and_then(|UnavailableError(error)| for_unavailable(error)))
}

fn for_history(error: &HistoryError) -> &'static str {
    match error {
        HistoryError::NoRuns(_) => "collect metrics first, or name another folder with --state-dir",
        HistoryError::UnknownKey { .. } | HistoryError::UnmatchedPattern { .. } => {
            "the command `list` shows the linked metrics"
        }
        HistoryError::TooMany { .. } => "ask for fewer results with a shorter --since",
        HistoryError::TooManyInRun { .. } => "ask for the results of one subject",
        HistoryError::Store(_) => STORE_HINT,
    }
}

fn for_unmatched(unmatched: &UnmatchedPattern) -> Option<&'static str> {
    match unmatched.list {
        PatternList::Only if unmatched.has_similar => {
            Some("correct --only: the command `list` shows all keys")
        }
        PatternList::Only => Some(
            "correct --only: the command `list` shows all keys. A crate of your own is not linked until the program \
             names it: add `use my_collectors as _;` to its main file",
        ),
        PatternList::Skip => Some("correct --skip, or `skip` in [report]: the command `list` shows all keys"),
        _ => None,
    }
}

fn for_selection(error: &SelectionError) -> Option<&'static str> {
    match error {
        SelectionError::Unmatched(unmatched) if unmatched.has_similar => {
            Some("the command `list` shows all keys")
        }
        SelectionError::Unmatched(_) => Some(
            "the command `list` shows all keys. A crate of your own is not linked until the program names it: add \
             `use my_collectors as _;` to its main file",
        ),
        SelectionError::OnlySelfMetrics => {
            Some("use --push, or --dry-run to see most of them without a delivery")
        }
        SelectionError::Nothing => Some(
            "correct --only, --skip, `skip` or `skip_sources` in [report], or `enable` in [metrics]: no metric is left to \
             collect",
        ),
        _ => None,
    }
}

fn for_settings(error: &SettingsError) -> Option<&'static str> {
    match error {
        SettingsError::Several(errors) => errors.iter().find_map(for_settings),
        SettingsError::UnknownTable { .. } => Some(
            "the table may belong to a feature that this program was built without. A crate of your own is not linked \
             until the program names it: add `use my_collectors as _;` to its main file",
        ),
        SettingsError::UnknownKey { table, .. }
            if ["goals.", "monitors.metrics."].iter().any(|start| table.starts_with(start)) =>
        {
            Some(QUOTE_HINT)
        }
        SettingsError::Value { place, message, .. }
            if ["[metrics.every.", "[metrics.windows."].iter().any(|start| place.starts_with(start))
                && message.starts_with("invalid type: map") =>
        {
            Some(QUOTE_HINT)
        }
        _ => None,
    }
}

/// In TOML, `a.b` without quotes is the key `b` in the table `a`.
const QUOTE_HINT: &str =
    "the key of a metric is written in quotes if it contains a dot: \"commits.hotfix\" = ...";

fn for_destinations(error: &DestinationsError) -> Option<&'static str> {
    match error {
        DestinationsError::NoSink => Some("build the program with the feature of a sink, such as `local`"),
        DestinationsError::Unknown { .. } => Some("--help lists the sinks that --to takes"),
        DestinationsError::NoneConfigured { .. } => {
            Some("the command `init` writes a settings file with a table for each sink")
        }
        DestinationsError::NotConfigured { .. } => Some("the command `doctor` shows what is configured"),
        _ => None,
    }
}

fn for_state(error: &StateError) -> Option<&'static str> {
    match error {
        StateError::NoHome | StateError::Timeout(_) | StateError::Unresponsive => {
            Some("name another folder with --state-dir, or keep nothing with --no-state")
        }
        StateError::Store(_) => Some(STORE_HINT),
        StateError::Task(_) | _ => None,
    }
}

const STORE_HINT: &str = "the command `doctor` checks the state folder; --state-dir names another one";

#[cfg(test)]
mod tests {
    use std::path::Path;

    use anyhow::Context as _;
    use system_health_registry::{Catalog, Facts, Settings, settings::SettingsBuilder};
    use system_health_reporter::Selection;

    use super::*;
    use crate::output::fixture;

    fn none_configured() -> DestinationsError {
        DestinationsError::NoneConfigured { sinks: "local: set `file` in [local]".to_owned() }
    }

    #[test]
    fn a_hint_is_found_below_other_errors() {
        let error =
            Err::<(), _>(ReporterError::from(none_configured())).context("cannot report").unwrap_err();

        assert_eq!(
            hint(&error),
            Some("the command `init` writes a settings file with a table for each sink")
        );
        assert_eq!(hint(&anyhow::anyhow!("the disk is on fire")), None);
    }

    #[test]
    fn an_error_in_place_of_a_resource_keeps_its_hint() {
        let unavailable = || Unavailable::from(none_configured());
        let of_preview = ReporterError::Preview { sink: "local", error: unavailable() };

        for error in [anyhow::Error::from(UnavailableError(unavailable())), of_preview.into()] {
            assert!(
                format!("{error:#}").ends_with("no destination is configured (local: set `file` in [local])")
            );
            assert_eq!(
                hint(&error),
                Some("the command `init` writes a settings file with a table for each sink")
            );
        }
    }

    #[test]
    fn an_unknown_table_has_a_hint_about_unlinked_crates() {
        let settings = |text: &str| -> anyhow::Error {
            let file = Settings::builder().toml(Path::new("a.toml"), text).unwrap();
            file.build().unwrap_err().into()
        };

        let table = settings("[backup]\nfolder = 'a'");
        let key = settings("[report]\nfolder = 'a'");

        assert!(hint(&table).unwrap().contains("use my_collectors as _;"));
        assert_eq!(hint(&key), None);
    }

    #[test]
    fn only_a_pattern_without_a_similar_name_has_a_hint_about_unlinked_crates() {
        let metric = fixture::without_subject(Facts::new("fleet.age", "A test."), || Err(none_configured())?);
        let catalog = Catalog::new([metric]).unwrap();
        let hints_of = |pattern: &str| {
            let error = Selection::new(&catalog, &[pattern], &[]).unwrap_err();
            let of_reporter = ReporterError::from(error.clone());
            [hint(&of_reporter.into()).unwrap(), hint(&error.into()).unwrap()]
        };

        for mistyped in ["fleet.agee", "flet.*", "fleet.cost"] {
            let hints = hints_of(mistyped);
            assert!(hints.iter().all(|hint| !hint.contains("my_collectors")), "{mistyped}: {hints:?}");
        }
        let hints = hints_of("orders.*");
        assert!(hints.iter().all(|hint| hint.contains("use my_collectors as _;")), "{hints:?}");
    }

    #[test]
    fn a_key_with_a_dot_and_without_quotes_has_a_hint() {
        let hint_of = |text: &str| {
            let built = Settings::builder().toml(Path::new("a.toml"), text).and_then(SettingsBuilder::build);
            hint(&built.unwrap_err().into())
        };

        for text in ["[goals]\nqueue.length = '< 5'", "[metrics.every]\nqueue.length = '1h'"] {
            assert_eq!(hint_of(text), Some(QUOTE_HINT), "{text}");
        }
        for text in ["[goals.'queue.ratio']\ngoal = 5", "[metrics.every]\n'queue.length' = 5"] {
            assert_eq!(hint_of(text), None, "{text}");
        }
    }

    #[tokio::test]
    async fn metrics_that_fail_alike_have_one_hint() {
        let metric =
            |key: &str| fixture::without_subject(Facts::new(key, "A test."), || Err(none_configured())?);
        let report = fixture::run([metric("a.metric"), metric("b.metric")], [], None).await;

        assert_eq!(for_metrics(&report).len(), 1);
    }
}
