//! Metrics about CI. `state`, `volume` and `required_checks` contain the optional ones. `workflow_attempts` is for metrics
//! outside this module. Most other modules are for `ci.tests_passing_on_main`: `judge` decides from the known runs of a
//! workflow and makes no requests, and `fetch` gets from GitHub what `judge` needs. `docs/metrics.md` defines the metrics.

mod access;
mod age;
mod early_end;
mod evidence;
mod fetch;
mod history;
mod job;
mod job_list;
mod job_patterns;
mod judge;
mod known_runs;
mod metrics;
mod overrides;
#[cfg(test)]
mod random_histories;
mod relevance;
pub mod required_checks;
mod running;
mod selected_jobs;
mod settings;
pub mod state;
mod trigger_events;
mod verdict;
pub mod volume;
mod workflow_attempts;
mod workflow_run;

pub(crate) use fetch::RunsError;
pub use job_patterns::{JobPatterns, JobPatternsError};
pub use metrics::tests_passing;
pub use settings::CiSettings;
pub(crate) use settings::{CiTables, deserialize_file_name};
pub use trigger_events::{TriggerEvents, TriggerEventsError};
pub use verdict::CiVerdict;
pub(crate) use workflow_attempts::{WorkflowAttempt, WorkflowAttempts};
