//! One line about a run, for the log.

use std::{fmt, time::Duration};

use humantime::{format_duration, format_rfc3339_seconds};
use system_health_registry::OutcomeState;
use system_health_reporter::{DeliveryResult, FinishedRun};

/// What a run found and delivered.
pub(crate) struct RunSummary<'a>(pub(crate) &'a FinishedRun);

impl fmt::Display for RunSummary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FinishedRun { report, deliveries, .. } = self.0;
        let run = report.run();
        let count = |state| run.outcomes().iter().filter(|outcome| outcome.state() == state).count();
        let [values, no_data, errors] =
            [OutcomeState::Value, OutcomeState::NoData, OutcomeState::Error].map(count);
        let judged = run.outcomes().iter().chain(report.goals());
        let missed = judged.filter(|outcome| outcome.goal_met() == Some(false)).count();
        let duration = format_duration(Duration::from_millis(
            u64::try_from(run.duration().as_millis()).unwrap_or(u64::MAX),
        ));
        write!(
            f,
            "run of {} in {duration}: values {values}, no data {no_data}, errors {errors}, goals missed {missed}",
            format_rfc3339_seconds(report.timestamp()),
        )?;
        for delivery in deliveries {
            let (sink, address) = (delivery.sink, &delivery.address);
            match &delivery.result {
                DeliveryResult::Pushed(receipt) => {
                    write!(f, "; {sink} ({address}): delivered series {}", receipt.accepted)?;
                    let further = [
                        (receipt.self_metrics, "series about the reporter"),
                        (receipt.accepted_earlier, "points of earlier runs"),
                    ];
                    for (number, what) in further.into_iter().filter(|(number, _)| *number > 0) {
                        write!(f, ", {what} {number}")?;
                    }
                    write!(f, ", points left {}", receipt.left)?;
                }
                DeliveryResult::Interrupted { .. } => {
                    write!(f, "; {sink} ({address}): interrupted")?;
                }
                DeliveryResult::DryRun(_) => {}
            }
        }
        Ok(())
    }
}
