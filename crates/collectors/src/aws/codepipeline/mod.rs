//! AWS CodePipeline: whether each pipeline passes.

mod execution;
mod metrics;
mod pipeline_list;
mod pipeline_state;
mod pipeline_states;

pub use metrics::{pipeline_state, pipelines_failing};
pub use pipeline_states::PipelineStates;
