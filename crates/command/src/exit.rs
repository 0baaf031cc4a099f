//! How the result of a run becomes an exit status. `--help` and `docs/command.md` have the same rules.

use std::{fmt, process::ExitCode};

use system_health_registry::{Outcome, Report, SourceOutcome, State};
use system_health_reporter::Delivery;

use crate::args::FailOn;

/// The result of a command. Each has an exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
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

impl Status {
    /// The status of a finished run.
    pub(crate) fn from_run(report: &Report, deliveries: &[Delivery], fail_on: FailOn) -> Self {
        let outcomes = report.run().outcomes();
        let fails = |state, is_complete: bool| match state {
            State::Value => !is_complete && fail_on != FailOn::Delivery,
            State::NoData => fail_on == FailOn::NoData,
            State::Error => fail_on != FailOn::Delivery,
        };
        let failed = |outcome: &Outcome| fails(outcome.state(), outcome.failures().is_empty());
        // A source of which no metric is known has no other outcome.
        let source_failed =
            |source: &SourceOutcome| fails(State::from(&source.result), source.refused.is_empty());
        if fail_on == FailOn::Never {
            Self::Done
        } else if deliveries.iter().any(Delivery::failed) {
            Self::DeliveryFailed
        } else if outcomes.iter().any(failed) || report.run().sources().iter().any(source_failed) {
            Self::MetricFailed
        } else if fail_on == FailOn::Goal && outcomes.iter().any(|outcome| outcome.goal_met() == Some(false))
        {
            Self::GoalMissed
        } else {
            Self::Done
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(match status {
            Status::Done => 0,
            Status::MetricFailed | Status::Different => 1,
            Status::Usage => 2,
            Status::DeliveryFailed => 3,
            Status::GoalMissed => 4,
            Status::OutputFailed => 5,
            Status::Interrupted(Signal::Interrupt) => 130,
            Status::Interrupted(Signal::Terminate) => 143,
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
    use super::*;
    use crate::output::fixture;

    #[tokio::test]
    async fn one_failing_subject_or_source_of_many_is_a_failure() {
        let sources = fixture::run(fixture::metrics().into_iter().take(1), fixture::sources(), None).await;
        let unlisted = fixture::run(fixture::metrics(), [], None).await;
        let no_data = fixture::run(fixture::metrics(), [], Some(4)).await;
        let missed = fixture::run_some(fixture::metrics(), |number| (700..720).contains(number)).await;

        for (report, fail_on, status) in [
            (&sources, FailOn::Error, Status::MetricFailed),
            (&sources, FailOn::Delivery, Status::Done),
            (&unlisted, FailOn::Error, Status::MetricFailed),
            (&unlisted, FailOn::Never, Status::Done),
            (&no_data, FailOn::Error, Status::Done),
            (&no_data, FailOn::NoData, Status::MetricFailed),
            (&missed, FailOn::Error, Status::Done),
            (&missed, FailOn::Goal, Status::GoalMissed),
        ] {
            assert_eq!(Status::from_run(report, &[], fail_on), status, "{fail_on:?}");
        }
    }
}
