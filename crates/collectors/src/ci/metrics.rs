//! The metric over the verdict. GitHub's client limits the time of each request; the long time-out leaves
//! it the run's whole deadline for the waits that GitHub asks for.

use system_health_registry::{Sample, SampleError, system_health_metric};

use super::CiVerdict;
use crate::{page, repository::Repository};

/// Whether the tests passed (1) or failed (0) in the newest decisive run of the workflow on the branch.
#[system_health_metric(
    key = "ci.tests_passing_on_main",
    each = Repository,
    aggregate = "min",
    goal = "== 1",
    timeout = "1h"
)]
pub fn tests_passing(verdict: CiVerdict) -> Result<Sample, SampleError> {
    let sample = Sample::new(verdict.passed)?
        .with_tag("branch", verdict.branch.as_str())?
        .with_tag("workflow", &verdict.workflow)?
        .with_evidence(verdict.evidence);
    Ok(page::linked(sample, verdict.page.as_deref()))
}
