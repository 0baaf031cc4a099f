//! Gates decide before the collection which metrics are not collected, for example because their requests would exceed a
//! limit. The crate with the client of an API registers a gate, and the catalog of all linked metrics has it.

use std::{any::TypeId, collections::BTreeMap, sync::Arc};

use futures::future::BoxFuture;

use crate::{
    Context, Instants, Metric, NoData, RequestPlan, Run, SharedError, Subject, SubjectLabel, Unavailable,
};

/// Turns metrics into no data before they are collected.
pub trait Gate: Send + Sync + 'static {
    /// Decides about the metrics about subjects of one type, or about those without subjects. It is asked once a run for each
    /// type, after the subjects are listed and before any of these metrics is collected. If it takes too long, everything is
    /// collected.
    fn plan<'a>(&'a self, context: &'a Context, planned: &'a Planned) -> BoxFuture<'a, Plan>;

    /// Why an error of a metric is only no data: something was not done because of a limit of this gate.
    fn no_data_for(&self, error: &SharedError) -> Option<NoData>;

    /// Looks at the run after the last outcome, for example to remember what it has cost.
    fn finish<'a>(&'a self, context: &'a Context, run: &'a Run) -> BoxFuture<'a, ()>;
}

/// The metrics about subjects of one type, or those without subjects, before they are collected.
#[derive(Debug, Clone)]
pub struct Planned {
    pub(crate) subject_type: Option<TypeId>,
    pub(crate) metrics: Vec<Metric>,
    pub(crate) subjects: Vec<Arc<SubjectLabel>>,
    pub(crate) for_display: bool,
    pub(crate) instants: Option<Instants>,
}

/// The decision of a gate.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The metrics that are not collected, by key.
    pub skipped: BTreeMap<String, NoData>,
    /// The requests that the gate expects, if it counts any.
    pub requests: Option<RequestPlan>,
}

impl Planned {
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

    /// Whether the plan is shown, so that it should be complete even if this takes requests of its own.
    #[must_use]
    pub const fn is_for_display(&self) -> bool {
        self.for_display
    }
}

/// The reason of a metric without a value, after all gates have seen it.
pub(crate) fn revised(gates: &[&'static dyn Gate], unavailable: Unavailable) -> Unavailable {
    match &unavailable {
        Unavailable::NoData(_) => unavailable,
        Unavailable::Error(error) => {
            let no_data = gates.iter().find_map(|gate| gate.no_data_for(error));
            no_data.map_or(unavailable, Unavailable::NoData)
        }
    }
}

/// Registers a [`Gate`] when the program is linked. It must be a constant without a state of its own: what it keeps during a
/// run are resources of the run.
#[macro_export]
macro_rules! register_gate {
    ($gate:expr) => {
        $crate::__private::inventory::submit! { $crate::__private::GateRegistration(&$gate) }
    };
}
