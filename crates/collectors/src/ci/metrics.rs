//! Whether the tests pass. The client limits the time of each request. The long timeout of the metric lets the client wait
//! for rate limits until the run's deadline.

use system_health_registry::{Sample, SampleError, group_title, system_health_metric};

use super::CiVerdict;
use crate::{repository::Repository, web_page::with_page_link};

group_title!("ci", "CI");

/// Whether the tests passed (1) or failed (0) in the newest decisive run of the workflow on the branch.
#[system_health_metric(
    key = "ci.tests_passing_on_main",
    each = Repository,
    aggregate = "min",
    goal = "== 1",
    runbook = "https://github.com/system-health/system-health/blob/main/docs/runbooks/ci.tests_passing_on_main.md",
    timeout = "1h",
    requests = 2,
    only_now = "it would take requests for every run and attempt that decided then"
)]
pub fn tests_passing(verdict: CiVerdict) -> Result<Sample, SampleError> {
    let sample = Sample::new(verdict.passed)?
        .with_tag("branch", verdict.branch.as_str())?
        .with_tag("workflow", &verdict.workflow)?
        .with_evidence(verdict.evidence);
    Ok(with_page_link(sample, verdict.web_page.as_deref()))
}
