//! What a run found: one outcome for each metric, in the order of their keys.

use std::time::{Duration, SystemTime};

use crate::{Metric, NoData, Sample, SharedError};

/// The outcomes of one run.
#[derive(Debug, Clone)]
pub struct Run {
    pub(crate) started_at: SystemTime,
    pub(crate) duration: Duration,
    pub(crate) outcomes: Vec<Outcome>,
}

/// How one metric ended the run.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The metric.
    pub metric: Metric,
    /// What became of it.
    pub state: State,
    /// How long the collection took.
    pub duration: Duration,
}

/// The three ways to end a run. Only values are ever delivered.
#[derive(Debug, Clone)]
pub enum State {
    /// One or more samples, each with its own set of tags.
    Value(Vec<Sample>),
    /// Honestly nothing to say, with the reason.
    NoData(NoData),
    /// A failure.
    Error(SharedError),
}

impl Run {
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

    /// The outcomes, in the order of their keys.
    #[must_use]
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }
}

impl State {
    /// The state's name: `value`, `no_data` or `error`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Value(_) => "value",
            Self::NoData(_) => "no_data",
            Self::Error(_) => "error",
        }
    }
}

impl Outcome {
    /// The samples; none without a value.
    #[must_use]
    pub fn samples(&self) -> &[Sample] {
        match &self.state {
            State::Value(samples) => samples,
            State::NoData(_) | State::Error(_) => &[],
        }
    }

    /// Whether every sample meets the metric's goal; `None` without a goal or a value.
    #[must_use]
    pub fn goal_met(&self) -> Option<bool> {
        let goal = self.metric.goal()?;
        match self.samples() {
            [] => None,
            samples => Some(samples.iter().all(|sample| goal.is_met_by(sample.value()))),
        }
    }
}
