//! The result of a run: one outcome for each metric and subject.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use crate::{
    ItemError, Metric, Reading, RequestPlan, Sample, SourceOutcome, SubjectLabel, Unavailable,
    item_error::AllFailed,
};

/// The outcomes of one run.
#[derive(Debug, Clone)]
pub struct Run {
    pub(crate) started_at: SystemTime,
    pub(crate) duration: Duration,
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) sources: Vec<SourceOutcome>,
    pub(crate) request_plans: Vec<RequestPlan>,
}

/// The outcome of one metric in a run. If the metric has subjects, there is one outcome for each subject.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The metric.
    pub metric: Metric,
    /// The subject. `None` if the metric has no subjects, or if they could not be listed.
    pub subject: Option<Arc<SubjectLabel>>,
    /// The reading, or why there is none.
    pub result: Result<Reading, Unavailable>,
    /// How long the collection took.
    pub duration: Duration,
}

/// The state of an outcome. Only values are delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutcomeState {
    /// One or more samples.
    Value,
    /// There is nothing to report, and nothing failed.
    NoData,
    /// A failure.
    Error,
}

/// Sorts outcomes by key, and then by subject.
pub(crate) fn sort_outcomes(outcomes: &mut [Outcome]) {
    outcomes
        .sort_by(|one, other| (one.metric.key(), &one.subject).cmp(&(other.metric.key(), &other.subject)));
}

impl Run {
    /// A run of the outcomes that a [backfill](crate::Engine::backfill) has collected for a past instant.
    #[must_use]
    pub fn from_past(instant: SystemTime, mut outcomes: Vec<Outcome>) -> Self {
        sort_outcomes(&mut outcomes);
        let (sources, request_plans) = (Vec::new(), Vec::new());
        Self { started_at: instant, duration: Duration::ZERO, outcomes, sources, request_plans }
    }

    /// When the run started, by the wall clock.
    #[must_use]
    pub fn started_at(&self) -> SystemTime {
        self.started_at
    }

    /// How long the collection took.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// The outcomes, sorted by key and by the name of the subject.
    #[must_use]
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// The outcomes of the sources, sorted by name.
    #[must_use]
    pub fn sources(&self) -> &[SourceOutcome] {
        &self.sources
    }

    /// The requests that were expected before the collection, for each API whose client estimates them.
    #[must_use]
    pub fn request_plans(&self) -> &[RequestPlan] {
        &self.request_plans
    }
}

impl OutcomeState {
    /// The name: `value`, `no_data` or `error`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::NoData => "no_data",
            Self::Error => "error",
        }
    }
}

impl<T> From<&Result<T, Unavailable>> for OutcomeState {
    fn from(result: &Result<T, Unavailable>) -> Self {
        match result {
            Ok(_) => Self::Value,
            Err(Unavailable::NoData(_)) => Self::NoData,
            Err(Unavailable::Error(_)) => Self::Error,
        }
    }
}

impl Outcome {
    /// The state.
    #[must_use]
    pub fn state(&self) -> OutcomeState {
        (&self.result).into()
    }

    /// The samples. Empty without a value.
    #[must_use]
    pub fn samples(&self) -> &[Sample] {
        self.result.as_ref().map_or(&[], Reading::samples)
    }

    /// The items that failed. If other items have samples, the outcome is a value. Otherwise, the outcome is an error.
    #[must_use]
    pub fn failed_items(&self) -> &[ItemError] {
        match &self.result {
            Ok(reading) => reading.failed_items(),
            Err(Unavailable::NoData(_)) => &[],
            Err(Unavailable::Error(error)) => {
                error.as_error().downcast_ref::<AllFailed>().map_or(&[], AllFailed::items)
            }
        }
    }

    /// Whether every sample meets the metric's goal; `None` without a goal or a value.
    #[must_use]
    pub fn goal_met(&self) -> Option<bool> {
        let goal = self.metric.goal()?;
        match self.samples() {
            [] => None,
            samples => Some(samples.iter().all(|sample| sample.meets(goal))),
        }
    }
}
