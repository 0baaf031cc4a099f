//! How a run's end becomes an exit status. The same rules stand in `--help` and in `docs/command.md`.

use std::{fmt, process::ExitCode};

use system_health_registry::{Outcome, Report, SourceOutcome, State};
use system_health_reporter::Delivery;

use crate::args::FailOn;

/// What happened, as the exit status tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// 0
    Done,
    /// 1
    MetricFailed,
    /// 1, too
    #[cfg_attr(not(feature = "datadog"), expect(dead_code, reason = "all wishes are for Datadog"))]
    NotAsWanted,
    /// 2
    Usage,
    /// 3
    DeliveryFailed,
    /// 4
    GoalMissed,
    /// 5
    OutputFailed,
    /// 128 and the number of the signal
    Interrupted(Signal),
}

/// A signal that ends the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Ctrl-C
    Interrupt,
    /// What Kubernetes sends first.
    Terminate,
}

impl Status {
    /// Judges a run.
    pub(crate) fn of(report: &Report, deliveries: &[Delivery], fail_on: FailOn) -> Self {
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
            Status::MetricFailed | Status::NotAsWanted => 1,
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
            assert_eq!(Status::of(report, &[], fail_on), status, "{fail_on:?}");
        }
    }
}
