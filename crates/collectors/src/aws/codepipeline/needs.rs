//! What the metrics about pipelines need.

use futures::FutureExt;

use super::{execution::LIST_EXECUTIONS, pipeline_list::LIST_PIPELINES, pipeline_states::PipelineStates};
use crate::aws::needs::AwsNeeds;

/// What the metrics about pipelines need.
pub(crate) const NEEDS: AwsNeeds = AwsNeeds {
    keys: "aws.codepipeline.*",
    actions: &[LIST_PIPELINES, LIST_EXECUTIONS],
    read: |context| async { context.get::<PipelineStates>().await.map(drop) }.boxed(),
};
