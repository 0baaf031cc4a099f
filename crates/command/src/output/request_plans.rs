//! The requests that were expected before a run, for a dry run.

use std::fmt;

use system_health_registry::{RequestPlan, Run};
use system_health_reporter::{Delivery, DeliveryResult};

use super::text::wrap;

/// The requests that were expected, by API and group.
pub(super) struct RequestPlans<'a> {
    plans: &'a [RequestPlan],
    width: Option<usize>,
}

impl<'a> RequestPlans<'a> {
    /// The plans of a dry run. Other runs show none.
    pub(super) fn of_dry_run(run: &'a Run, deliveries: &[Delivery], width: Option<usize>) -> Self {
        let is_dry_run = deliveries.iter().any(|it| matches!(it.result, DeliveryResult::DryRun(_)));
        Self { plans: if is_dry_run { run.request_plans() } else { &[] }, width }
    }
}

impl fmt::Display for RequestPlans<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for plan in self.plans {
            writeln!(f, "\nRequests to {} that a run makes:", plan.api)?;
            for group in &plan.groups {
                wrap(f, self.width, ("  ", "    "), &group.to_string())?;
            }
            wrap(f, self.width, ("  ", "    "), &format!("in all {}", plan.summary()))?;
        }
        Ok(())
    }
}
