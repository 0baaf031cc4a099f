//! How many runs tested the branch, how they ended, how long they took, and how long jobs wait for runners. `docs/metrics.md`
//! defines each metric.

mod branch_runs;
mod duration;
mod flaky_jobs;
mod flaky_metrics;
mod job_lists;
mod once_by_key;
mod past_runs;
mod ran_job;
mod recent_runs;
mod request_limit;
mod reruns;
mod run_metrics;
mod run_pages;
mod runners;
mod time_metrics;

pub use flaky_metrics::{flaky_jobs, flaky_runs};
pub use job_lists::JobLists;
pub use past_runs::RunsAtInstant;
pub use recent_runs::RecentRuns;
pub use reruns::Reruns;
pub use run_metrics::{
    cancelled_runs, rerun_runs, runs, success_ratio, success_ratio_samples, timed_out_runs,
};
pub use runners::{Runners, queued_jobs, runners};
pub use time_metrics::{
    duration_seconds, duration_seconds_samples, queue_seconds, queue_seconds_samples, runner_minutes,
};
