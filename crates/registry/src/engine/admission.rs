//! Asks the gates which metrics are collected.

use std::{collections::BTreeMap, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::FutureExt;
use tokio::time::{Instant, timeout};

use super::task_runner::TaskRunner;
use crate::{
    Catalog, Context, Gate, GateDecision, Metric, NoData, PlannedMetrics, RequestPlan, Run,
    subject::{AnySubject, SubjectType},
    task_error::panic_message,
    trace::gate_span,
};

/// The maximum time that a gate may take.
pub(super) const MAX_GATE_TIME: Duration = Duration::from_secs(10);
/// A gate may take at most the time until the deadline, divided by this number.
const TIME_DIVISOR: u32 = 4;
/// The minimum time that each gate has at the end of a run, even if the deadline has passed.
const MIN_TIME_TO_FINISH: Duration = Duration::from_secs(2);

/// The gates of a catalog, and how they are asked.
pub(super) struct Admission<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) context: &'a Context,
    pub(super) runner: &'a TaskRunner,
    /// Whether somebody sees the estimates.
    pub(super) for_display: bool,
}

/// What the gates have decided.
#[derive(Default)]
pub(super) struct Decisions {
    /// The keys of the metrics that are not collected, with the reasons.
    pub(super) skipped: BTreeMap<String, NoData>,
    pub(super) requests: Vec<RequestPlan>,
}

impl Admission<'_> {
    /// Asks all gates about the metrics of a type of subjects, or about the metrics without subjects.
    pub(super) async fn decide(
        &self,
        subject_type: Option<SubjectType>,
        metrics: Vec<Metric>,
        subjects: &[AnySubject],
    ) -> Decisions {
        let planned = Arc::new(PlannedMetrics {
            subject_type: subject_type.map(|subject_type| subject_type.id),
            metrics,
            subjects: subjects.iter().map(|subject| Arc::clone(&subject.label)).collect(),
            for_display: self.for_display,
            instants: self.context.instants().copied(),
        });
        let mut decisions = Decisions::default();
        for gate in self.catalog.gates() {
            let decision = self.ask(*gate, &planned).await;
            decisions.skipped.extend(decision.skipped);
            decisions.requests.extend(decision.requests);
        }
        decisions
    }

    /// The decision of a gate. If the gate panics or does not decide in time, it skips nothing.
    async fn ask(&self, gate: &'static dyn Gate, planned: &Arc<PlannedMetrics>) -> GateDecision {
        let left = self.runner.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let limit = left.map_or(MAX_GATE_TIME, |left| (left / TIME_DIVISOR).min(MAX_GATE_TIME));
        let planned = Arc::clone(planned);
        let work = async move |context| Ok(gate.plan(&context, &planned).await);
        let decision = self.runner.run("the gate", &gate_span(), self.context, limit, work).await;
        decision.unwrap_or_else(|error| {
            // An interruption is not a failure of the gate.
            if !self.runner.interruption.has_happened() {
                tracing::warn!("a gate has not decided, so it skips no metric: {error}");
            }
            GateDecision::default()
        })
    }
}

/// Shows a gate the finished run. If the gate panics or takes too long, a warning is logged. `left` is the time until the deadline,
/// if there is one.
pub(super) async fn finish(gate: &'static dyn Gate, context: &Context, run: &Run, left: Option<Duration>) {
    let limit = left.map_or(MAX_GATE_TIME, |left| left.clamp(MIN_TIME_TO_FINISH, MAX_GATE_TIME));
    let finished = AssertUnwindSafe(async { gate.finish(context, run).await }).catch_unwind();
    match timeout(limit, finished).await {
        Ok(Ok(())) => {}
        Ok(Err(payload)) => {
            tracing::warn!("a gate panicked at the end of the run: {}", panic_message(&*payload));
        }
        Err(_) => {
            let limit = humantime::format_duration(limit);
            tracing::warn!("a gate has not finished within {limit} after the end of the run");
        }
    }
}
