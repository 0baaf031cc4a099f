//! How the result of a run becomes an exit status. `--help` and `docs/command.md` have the same rules.

use std::{fmt, process::ExitCode};

use system_health_registry::{Outcome, OutcomeState, Report, SourceOutcome};
use system_health_reporter::{Delivery, FailOn, FinishedRun, PatternList, UnmatchedPattern};

use crate::output::wrap;

/// The width of the table in `--help`. A narrower terminal wraps it once more.
const HELP_WIDTH: usize = 80;

/// The result of a command. Each has an exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// Exit status 0: success.
    Done,
    /// Exit status 1: a metric failed.
    MetricFailed,
    /// Exit status 1: a comparison found a difference, or a check failed.
    Different,
    /// Exit status 2: wrong usage or settings.
    Usage,
    /// Exit status 3: a delivery failed, or a service refused a request.
    DeliveryFailed,
    /// Exit status 4: a goal is missed, which counts only under `--fail-on goal`.
    GoalMissed,
    /// Exit status 5: the data could not be written to stdout.
    OutputFailed,
    /// Exit status 128 plus the number of the signal.
    Interrupted(Signal),
}

/// A signal that ends the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C
    Interrupt,
    /// SIGTERM, which Kubernetes sends first.
    Terminate,
}

/// The meaning of each exit status: for a run, then for other commands. `--help` shows this table, and a test checks that
/// `docs/command.md` has the same rows.
const TABLE: &[(&str, &str, &str)] = &[
    ("0", "success", "success; diff found no difference"),
    (
        "1",
        "a metric or an item of it failed, --only has a pattern that matches no metric of any source, or a metric had no data \
         and --fail-on no-data is set. The other metrics were still delivered",
        "doctor found a problem; explain has a KEY that matches no metric of any source; diff found a difference; push would \
         overwrite a change that somebody made in the backend; verify found a query without data; you answered no",
    ),
    (
        "2",
        "wrong usage or settings; nothing was collected",
        "wrong usage, settings or file; there is no such dashboard or monitor; a confirmation is needed, but there is no terminal",
    ),
    ("3", "a delivery failed, wholly or in part", "the backend refused a request, or could not be reached"),
    ("4", "a goal is missed, and --fail-on goal is set", ""),
    ("5", "the data could not be written to the standard output", "the same"),
    (
        "130, 143",
        "interrupted by Ctrl-C, by SIGTERM; what has finished is printed, unless a second signal ends the process",
        "interrupted by Ctrl-C, by SIGTERM",
    ),
];

/// In the column for a run, the start of the part that does not apply to other commands that collect metrics.
const ONLY_FOR_A_RUN: &str = ", --only has";

/// Which status is used if several apply.
const PRECEDENCE: &str = "If several apply, the status is the first of 3, 1, 4 and 5.";

/// The table as text for `--help`.
pub(crate) fn help() -> String {
    let mut help = "Exit status:\n".to_owned();
    for (status, run, others) in TABLE {
        append(&mut help, &format!("  {status:8}  "), run);
        if !others.is_empty() && !["the same", *run].contains(others) {
            append(&mut help, "            ", &format!("Other commands: {others}"));
        }
    }
    help + PRECEDENCE
}

/// The statuses of a command that collects metrics, but delivers nothing and judges no goals.
pub(crate) fn help_without_delivery() -> String {
    let mut help = "Exit status:\n".to_owned();
    for (status, run, _) in TABLE.iter().filter(|(status, ..)| !["3", "4"].contains(status)) {
        let text = run.split(ONLY_FOR_A_RUN).next().unwrap_or(run);
        append(&mut help, &format!("  {status:8}  "), text);
    }
    help
}

fn append(help: &mut String, first: &str, text: &str) {
    // Writing to a string cannot fail.
    let _ = wrap(help, Some(HELP_WIDTH), (first, "            "), text);
}

impl ExitStatus {
    /// The status of a finished run.
    pub(crate) fn from_finished(finished: &FinishedRun, fail_on: FailOn) -> Self {
        let status = Self::from_run(&finished.report, &finished.deliveries, fail_on);
        status.with_unmatched(&finished.unmatched, fail_on)
    }

    /// The status if these patterns matched no metric in the run.
    pub(crate) fn with_unmatched(self, unmatched: &[UnmatchedPattern], fail_on: FailOn) -> Self {
        let counts = self != Self::DeliveryFailed && !matches!(fail_on, FailOn::Never | FailOn::Delivery);
        if counts && unmatched.iter().any(|unmatched| unmatched.list == PatternList::Only) {
            Self::MetricFailed
        } else {
            self
        }
    }

    /// The status for the outcomes and the deliveries of a run.
    pub(crate) fn from_run(report: &Report, deliveries: &[Delivery], fail_on: FailOn) -> Self {
        let outcomes = report.run().outcomes();
        let fails = |state, is_complete: bool| match state {
            OutcomeState::Value => !is_complete && fail_on != FailOn::Delivery,
            OutcomeState::NoData => fail_on == FailOn::NoData,
            OutcomeState::Error => fail_on != FailOn::Delivery,
        };
        let failed = |outcome: &Outcome| fails(outcome.state(), outcome.failed_items().is_empty());
        // A source that failed before it named any metric has no outcomes.
        let source_failed =
            |source: &SourceOutcome| fails(OutcomeState::from(&source.result), source.refused.is_empty());
        if fail_on == FailOn::Never {
            Self::Done
        } else if deliveries.iter().any(Delivery::has_failed) {
            Self::DeliveryFailed
        } else if outcomes.iter().any(failed) || report.run().sources().iter().any(source_failed) {
            Self::MetricFailed
        } else if fail_on == FailOn::Goal
            && outcomes.iter().chain(report.goals()).any(|outcome| outcome.goal_met() == Some(false))
        {
            Self::GoalMissed
        } else {
            Self::Done
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(match status {
            ExitStatus::Done => 0,
            ExitStatus::MetricFailed | ExitStatus::Different => 1,
            ExitStatus::Usage => 2,
            ExitStatus::DeliveryFailed => 3,
            ExitStatus::GoalMissed => 4,
            ExitStatus::OutputFailed => 5,
            ExitStatus::Interrupted(Signal::Interrupt) => 130,
            ExitStatus::Interrupted(Signal::Terminate) => 143,
        })
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Interrupt => "Ctrl-C",
            Self::Terminate => "SIGTERM",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use system_health_registry::{Catalog, Engine};
    use system_health_reporter::Selection;

    use super::*;
    use crate::output::fixture;

    #[test]
    fn the_documentation_has_the_same_table() {
        let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/command.md")).unwrap();
        let page = page.replace('`', "");

        for (status, run, others) in TABLE {
            let row = format!("| {status} | {run} | {others} |").replace("|  |", "| |");
            assert!(page.contains(&row), "docs/command.md should have the row {row}");
        }
        assert!(page.contains(PRECEDENCE));
    }

    #[test]
    fn the_help_without_delivery_omits_a_part_of_one_row() {
        let rows = TABLE.iter().filter(|(_, run, _)| run.contains(ONLY_FOR_A_RUN));
        let statuses: Vec<&str> = rows.map(|(status, ..)| *status).collect();
        assert_eq!(statuses, ["1"]);
    }

    #[tokio::test]
    async fn the_status_depends_on_the_outcomes_and_on_fail_on() {
        let sources = fixture::run(fixture::metrics().into_iter().take(1), fixture::sources(), None).await;
        let unlisted = fixture::run(fixture::metrics(), [], None).await;
        let no_data = fixture::run(fixture::metrics(), [], Some(4)).await;
        let missed = fixture::run_some(fixture::metrics(), |number| (700..720).contains(number)).await;
        let of_two_metrics = fixture::run_with_goal().await;

        for (report, fail_on, status) in [
            (&sources, FailOn::Error, ExitStatus::MetricFailed),
            (&sources, FailOn::Delivery, ExitStatus::Done),
            (&unlisted, FailOn::Error, ExitStatus::MetricFailed),
            (&unlisted, FailOn::Never, ExitStatus::Done),
            (&no_data, FailOn::Error, ExitStatus::Done),
            (&no_data, FailOn::NoData, ExitStatus::MetricFailed),
            (&missed, FailOn::Error, ExitStatus::Done),
            (&missed, FailOn::Goal, ExitStatus::GoalMissed),
            (&of_two_metrics, FailOn::Error, ExitStatus::Done),
            (&of_two_metrics, FailOn::Goal, ExitStatus::GoalMissed),
        ] {
            assert_eq!(ExitStatus::from_run(report, &[], fail_on), status, "{fail_on:?}");
        }
    }

    #[tokio::test]
    async fn a_named_metric_that_no_source_returns_changes_the_status() {
        let catalog = Catalog::from_sources(fixture::sources().split_off(1)).unwrap();
        let selection = Selection::new(&catalog, &["orders.*", "orders.opn"], &[]).unwrap();
        let selected = selection.select(catalog).unwrap();

        let run = Engine::new().run(&selected, &fixture::context(None)).await;
        let unmatched = selection.take_unmatched(&run);

        assert_eq!(unmatched.len(), 1, "{unmatched:?}");
        for (status, fail_on, expected) in [
            (ExitStatus::Done, FailOn::Error, ExitStatus::MetricFailed),
            (ExitStatus::Done, FailOn::Delivery, ExitStatus::Done),
            (ExitStatus::GoalMissed, FailOn::Goal, ExitStatus::MetricFailed),
            (ExitStatus::DeliveryFailed, FailOn::Error, ExitStatus::DeliveryFailed),
        ] {
            assert_eq!(status.with_unmatched(&unmatched, fail_on), expected, "{fail_on:?}");
            assert_eq!(status.with_unmatched(&[], fail_on), status, "{fail_on:?}");
        }
    }
}
