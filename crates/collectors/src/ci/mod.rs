//! Whether the tests pass on the branch. `judge` decides from what is known about the runs of a workflow
//! and never asks GitHub itself; `fetch` asks for what it needs. `docs/metrics.md` defines the result.

mod age;
mod events;
mod evidence;
mod fetch;
mod halt;
#[cfg(test)]
mod histories;
mod history;
mod job;
mod judge;
mod metrics;
mod patterns;
mod run;
mod running;
mod scope;
mod selected_jobs;
mod settings;
mod verdict;

pub use events::{Events, EventsError};
pub(crate) use fetch::RunsError;
pub use metrics::tests_passing;
pub use patterns::{JobPatterns, JobPatternsError};
pub use settings::CiSettings;
pub(crate) use settings::{CiTables, file_name};
pub use verdict::CiVerdict;
