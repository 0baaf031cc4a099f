//! The requests that a run or a backfill is expected to make, for people. Only a dry run shows them.

use std::fmt;

use system_health_registry::{RequestPlan, Run};
use system_health_reporter::{Delivery, DeliveryResult};

use super::text::wrap;

/// The requests that were expected, by API and group.
pub(super) struct RequestPlans<'a> {
    plans: &'a [RequestPlan],
    /// What makes the requests.
    made_by: &'static str,
    width: Option<usize>,
}

impl<'a> RequestPlans<'a> {
    /// The plans of a dry run. Other runs show none.
    pub(super) fn of_dry_run(run: &'a Run, deliveries: &[Delivery], width: Option<usize>) -> Self {
        let is_dry_run = deliveries.iter().any(|it| matches!(it.result, DeliveryResult::DryRun(_)));
        Self { plans: if is_dry_run { run.request_plans() } else { &[] }, made_by: "a run", width }
    }

    /// The plans of a backfill.
    pub(super) fn of_backfill(plans: &'a [RequestPlan], width: Option<usize>) -> Self {
        Self { plans, made_by: "a backfill", width }
    }
}

impl fmt::Display for RequestPlans<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for plan in self.plans {
            writeln!(f, "\nRequests to {} that {} makes:", plan.api, self.made_by)?;
            for group in &plan.groups {
                wrap(f, self.width, ("  ", "    "), &group.to_string())?;
            }
            wrap(f, self.width, ("  ", "    "), &format!("in all {}", plan.summary()))?;
        }
        Ok(())
    }
}
