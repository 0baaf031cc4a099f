//! Asks the gates which metrics are collected.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::collection::{Collection, CollectionResult, Function};
use crate::{
    Gate, NoData, Outcome, Plan, Planned, RequestPlan,
    subject::{AnySubject, SubjectType},
};

/// The longest time that a gate may take.
const MAX_TIME: Duration = Duration::from_secs(10);
/// A gate may take this part of the time before the deadline.
const PART_OF_TIME: u32 = 4;

/// The metrics about the subjects of a type, after the gates have decided.
pub(super) struct Admitted {
    pub(super) functions: Vec<Function>,
    /// The outcomes of the other metrics.
    pub(super) skipped: Vec<CollectionResult>,
    pub(super) requests: Vec<RequestPlan>,
}

impl Collection<'_> {
    /// Asks all gates about metrics.
    pub(super) async fn admit(
        &self,
        subject: SubjectType,
        functions: Vec<Function>,
        subjects: &[AnySubject],
    ) -> Admitted {
        let planned = Arc::new(Planned {
            subject_type: subject.id,
            metrics: functions.iter().map(|(metric, _)| metric.clone()).collect(),
            subjects: subjects.iter().map(|subject| Arc::clone(&subject.label)).collect(),
            for_display: self.engine.shows_requests,
        });
        let (mut reasons, mut requests) = (BTreeMap::<String, NoData>::new(), Vec::new());
        for gate in self.catalog.gates() {
            let plan = self.ask(*gate, &planned).await;
            reasons.extend(plan.skipped);
            requests.extend(plan.requests);
        }
        let (skipped, functions): (Vec<_>, Vec<_>) =
            functions.into_iter().partition(|(metric, _)| reasons.contains_key(metric.key()));
        let outcome = |(metric, reason): (&Function, &NoData), subject: &AnySubject| {
            CollectionResult::Outcome(Outcome {
                metric: metric.0.clone(),
                subject: Some(Arc::clone(&subject.label)),
                result: Err(reason.clone().into()),
                duration: Duration::ZERO,
            })
        };
        let skipped = skipped.iter().filter_map(|function| Some((function, reasons.get(function.0.key())?)));
        let skipped = skipped.flat_map(|one| subjects.iter().map(move |subject| outcome(one, subject)));
        Admitted { skipped: skipped.collect(), functions, requests }
    }

    /// The decision of a gate. If there is none in time, everything is collected.
    async fn ask(&self, gate: &'static dyn Gate, planned: &Arc<Planned>) -> Plan {
        let left = self.runner.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let limit = left.map_or(MAX_TIME, |left| (left / PART_OF_TIME).min(MAX_TIME));
        let planned = Arc::clone(planned);
        let work = async move |context| Ok(gate.plan(&context, &planned).await);
        self.runner.run("the gate", &self.context, limit, work).await.unwrap_or_default()
    }
}
