//! Datadog's query language, and the monitors that use it.

mod condition;
mod distribution;
mod evaluation;
mod expression;
mod metric_query;
mod status;
pub(crate) mod thresholds;

pub use status::{Status, Transition};

pub(crate) use condition::refusal;
pub(crate) use evaluation::{Evaluations, METRIC_MONITOR};
pub(crate) use expression::Expression;
pub(crate) use metric_query::Buckets;
