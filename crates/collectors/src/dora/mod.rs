//! How often changes reach production, how long they take, and how often they fail: DORA's metrics. `analysis` decides
//! which deployments failed, without requests. `docs/metrics.md` defines the results.

mod access;
mod analysis;
mod change;
mod changes;
mod comparison;
mod deployment;
mod deployments;
mod dora_overrides;
mod failures;
mod github_deployments;
mod incident;
mod metrics;
mod pull_requests;
#[cfg(test)]
mod random_histories;
mod read_back;
mod reference;
mod releases;
mod repository_dora;
mod sequence;
mod settings;
mod step;
mod tag_patterns;
mod tags;
mod workflow_runs;

pub use changes::Changes;
pub use deployments::Deployments;
pub use dora_overrides::DoraOverrides;
pub use failures::Failures;
pub use metrics::*;
pub use repository_dora::RepositoryDora;
pub use settings::{DeploymentSource, DoraSettings};
pub use tag_patterns::{TagPatterns, TagPatternsError};
