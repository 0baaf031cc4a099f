//! Whether the tests pass: from the newest run of the workflow that decided something, and its jobs.

mod jobs;
mod metrics;
mod run;
mod settings;

pub use jobs::{Job, RunJobs};
pub use metrics::tests_passing;
pub use run::DecidedRun;
pub use settings::CiSettings;
