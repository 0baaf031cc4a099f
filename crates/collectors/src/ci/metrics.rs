//! The metric over the run that decides. GitHub's client bounds each request itself; the long time-out
//! leaves it the run's whole deadline for the waits that GitHub asks for.

use system_health_registry::{Sample, Unavailable, system_health_metric};

use super::{CiSettings, DecidedRun, RunJobs};
use crate::page;

/// Whether the tests passed (1) or failed (0) in the newest decisive run of the workflow on the branch.
#[system_health_metric(key = "ci.tests_passing_on_main", aggregate = "min", goal = "== 1", timeout = "1h")]
pub fn tests_passing(run: DecidedRun, jobs: RunJobs, settings: CiSettings) -> Result<Sample, Unavailable> {
    let pass = jobs.pass(&settings.required_jobs, &run)?;
    let sample = Sample::new(f64::from(pass))?
        .with_tag("repository", &run.repository.to_string())?
        .with_tag("branch", run.branch.as_str())?
        .with_tag("workflow", &run.workflow)?;
    Ok(page::linked(sample, run.page.as_deref()))
}
