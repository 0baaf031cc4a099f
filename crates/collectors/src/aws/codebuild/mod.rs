//! AWS CodeBuild: the builds of each project.

mod build;
mod builds;
mod metrics;
mod needs;
mod project_builds;
mod project_list;

pub use builds::CodeBuildBuilds;
pub use metrics::{build_duration_seconds, build_duration_seconds_samples, builds};
pub(crate) use needs::NEEDS;
pub(in crate::aws) use project_list::Projects;
