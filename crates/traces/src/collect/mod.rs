//! Collects spans.

mod buffer;
mod collector;
mod error;
mod fields;
mod ids;
mod layer;
mod limits;
mod message;
mod span;

pub(crate) use collector::Collector;
pub(crate) use layer::TraceLayer;
