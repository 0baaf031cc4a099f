//! A goal of two metrics, with the metrics themselves.

use crate::{Facts, Goal, Operator};

/// A goal that combines two metrics.
#[derive(Debug, Clone)]
pub struct TwoMetricGoalFacts<'a> {
    /// The name of the goal. It must differ from the names of all other goals and from the keys of all metrics.
    pub name: &'a str,
    /// The first metric.
    pub left: &'a Facts,
    /// How the two values are combined.
    pub operator: Operator,
    /// The second metric.
    pub right: &'a Facts,
    /// The goal of the result.
    pub goal: Goal,
    /// What the goal means, in addition to the metrics' descriptions.
    pub description: Option<&'a str>,
    /// URL of a page that says what to do if the goal is missed.
    pub runbook: Option<&'a str>,
    /// Who is responsible.
    pub owner: Option<&'a str>,
}
