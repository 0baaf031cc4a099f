//! The metric about required checks.

use system_health_registry::{Sample, SampleError, system_health_metric};

use super::RequiredChecksVerdict;
use crate::{repository::Repository, web_page::with_page_link};

/// Whether the checks that the branch requires by its protection or rulesets pass (1), or one of them fails (0).
#[system_health_metric(
    key = "ci.required_checks_passing",
    each = Repository,
    aggregate = "min",
    goal = "== 1",
    runbook = "https://github.com/system-health/system-health/blob/main/docs/runbooks/ci.required_checks_passing.md",
    timeout = "1h",
    enabled = false,
    requests = 4,
    only_now = "GitHub lists only the checks that are required now, and the latest result of each"
)]
pub fn required_checks_passing(verdict: RequiredChecksVerdict) -> Result<Sample, SampleError> {
    let RequiredChecksVerdict { branch, passed, web_page: page, evidence } = verdict;
    let sample = Sample::new(passed)?.with_tag("branch", branch.as_str())?.with_evidence(evidence);
    Ok(with_page_link(sample, page.as_deref()))
}
