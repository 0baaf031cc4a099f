//! Datadog's query language, and the monitors that use it.

mod evaluation;
mod expression;
mod metric_query;
pub(crate) mod thresholds;

pub use evaluation::{Status, Transition};

pub(crate) use evaluation::{Evaluations, refusal};
pub(crate) use expression::Expression;
pub(crate) use metric_query::Buckets;
