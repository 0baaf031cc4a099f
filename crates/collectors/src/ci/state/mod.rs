//! Which workflows pass on the branch now, and since when the tests fail. `docs/metrics.md` defines each metric.

mod metrics;
mod red_streak;
mod workflow_list;
mod workflow_results;

pub use metrics::{red_seconds, workflow_passing, workflows_failing};
pub use red_streak::RedStreak;
pub use workflow_results::WorkflowResults;
