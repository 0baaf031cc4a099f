//! Gates decide before the collection which metrics are not collected, for example because their requests would exceed a
//! limit. The crate with the client of an API registers a gate, and the catalog of all linked metrics contains it.

use std::{any::TypeId, collections::BTreeMap, sync::Arc};

use futures::future::BoxFuture;

use crate::{
    Context, Instants, Metric, NoData, RequestPlan, Run, SharedError, Subject, SubjectLabel, Unavailable,
};

/// Turns metrics into no data before they are collected.
pub trait Gate: Send + Sync + 'static {
    /// Decides which of the planned metrics are not collected. A run calls this once for each type of subjects, and once for the
    /// metrics without subjects, before any of these metrics is collected. The subjects are already listed. A gate that panics
    /// or takes too long skips nothing, and a warning is logged.
    fn plan<'a>(&'a self, context: &'a Context, planned: &'a PlannedMetrics) -> BoxFuture<'a, GateDecision>;

    /// If a metric failed only because of a limit of this gate, returns the reason. The metric then has no data instead of an
    /// error.
    fn no_data_for(&self, error: &SharedError) -> Option<NoData>;

    /// Looks at the run after the last outcome, for example to remember how many requests it made. If this panics or takes
    /// too long, a warning is logged.
    fn finish<'a>(&'a self, context: &'a Context, run: &'a Run) -> BoxFuture<'a, ()>;
}

/// The metrics about subjects of one type, or those without subjects, before they are collected.
#[derive(Debug, Clone)]
pub struct PlannedMetrics {
    pub(crate) subject_type: Option<TypeId>,
    pub(crate) metrics: Vec<Metric>,
    pub(crate) subjects: Vec<Arc<SubjectLabel>>,
    pub(crate) for_display: bool,
    pub(crate) instants: Option<Instants>,
}

/// The decision of a gate.
#[derive(Debug, Clone, Default)]
pub struct GateDecision {
    /// The metrics that are not collected, by key.
    pub skipped: BTreeMap<String, NoData>,
    /// The requests that the gate expects, if it counts any.
    pub requests: Option<RequestPlan>,
}

impl PlannedMetrics {
    /// Whether the metrics are about subjects of this type.
    #[must_use]
    pub fn is_about<S: Subject>(&self) -> bool {
        self.subject_type == Some(TypeId::of::<S>())
    }

    /// Whether the metrics have no subjects.
    #[must_use]
    pub const fn is_without_subjects(&self) -> bool {
        self.subject_type.is_none()
    }

    /// The instants of a backfill. `None` in an ordinary run.
    #[must_use]
    pub const fn instants(&self) -> Option<&Instants> {
        self.instants.as_ref()
    }

    /// The metrics.
    #[must_use]
    pub fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    /// The subjects, without those that the engine leaves out.
    #[must_use]
    pub fn subjects(&self) -> &[Arc<SubjectLabel>] {
        &self.subjects
    }

    /// Whether the plan is shown to somebody. It should then be complete, even if the gate has to make requests for it.
    #[must_use]
    pub const fn is_for_display(&self) -> bool {
        self.for_display
    }
}

/// Why a metric has no value: an error becomes no data if a gate returns a reason for no data.
pub(crate) fn revised(gates: &[&'static dyn Gate], unavailable: Unavailable) -> Unavailable {
    match &unavailable {
        Unavailable::NoData(_) => unavailable,
        Unavailable::Error(error) => {
            let no_data = gates.iter().find_map(|gate| gate.no_data_for(error));
            no_data.map_or(unavailable, Unavailable::NoData)
        }
    }
}

/// Registers a [`Gate`] when the program is linked. The expression must be constant, and the gate must not have state of its own:
/// what it needs to keep during a run is a resource of the run.
#[macro_export]
macro_rules! register_gate {
    ($gate:expr) => {
        $crate::__private::inventory::submit! { $crate::__private::GateRegistration(&$gate) }
    };
}
