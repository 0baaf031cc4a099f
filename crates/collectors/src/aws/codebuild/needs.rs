//! What the metrics about builds need.

use futures::FutureExt;

use super::{
    build::GET_BUILDS, builds::CodeBuildBuilds, project_builds::LIST_BUILDS, project_list::LIST_PROJECTS,
};
use crate::aws::needs::AwsNeeds;

/// What the metrics about builds need.
pub(crate) const NEEDS: AwsNeeds = AwsNeeds {
    keys: "aws.codebuild.*",
    actions: &[LIST_PROJECTS, LIST_BUILDS, GET_BUILDS],
    read: |context| async { context.get::<CodeBuildBuilds>().await.map(drop) }.boxed(),
};
