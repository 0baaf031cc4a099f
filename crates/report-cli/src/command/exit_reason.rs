//! Why the exit status is not 0, logged when stdout goes to a program: a job's log should tell why it failed.

use std::io::{self, IsTerminal};

use system_health_registry::{Report, Unavailable};

use crate::{
    args::FailOn,
    delivery::{Delivery, Fate},
};

/// Logs what makes the exit status of a run other than 0.
pub(super) fn log(report: &Report, deliveries: &[Delivery], fail_on: FailOn) {
    if io::stdout().is_terminal() || fail_on == FailOn::Never {
        return;
    }
    for outcome in report.run().outcomes() {
        let key = outcome.metric.key();
        match &outcome.result {
            Err(Unavailable::Error(error)) if fail_on != FailOn::Delivery => {
                tracing::error!("{key}: {error}")
            }
            Err(Unavailable::NoData(reason)) if fail_on == FailOn::NoData => {
                tracing::error!("{key}: no data: {reason}");
            }
            Ok(_) if fail_on == FailOn::Goal && outcome.goal_met() == Some(false) => {
                tracing::error!("{key}: the goal is missed");
            }
            Ok(_) | Err(_) => {}
        }
        if fail_on != FailOn::Delivery {
            outcome.failures().iter().for_each(|item| tracing::error!("{key}: {item}"));
        }
    }
    for delivery in deliveries.iter().filter(|delivery| delivery.failed()) {
        if let Fate::Pushed(receipt) = &delivery.fate {
            let text = receipt.to_string();
            let lines: Vec<&str> = text.lines().map(str::trim).collect();
            tracing::error!("not all was delivered to {}{}", delivery.sink, lines.join("; "));
        }
    }
}
