//! AWS CodePipeline: whether each pipeline passes.

mod execution;
mod metrics;
mod needs;
mod pipeline_list;
mod pipeline_state;
mod pipeline_states;

pub use metrics::{pipeline_state, pipelines_failing};
pub(crate) use needs::NEEDS;
pub(in crate::aws) use pipeline_list::Pipelines;
pub use pipeline_states::PipelineStates;
