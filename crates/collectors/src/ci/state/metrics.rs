//! The metrics about the state of CI.

use std::time::Duration;

use system_health_registry::{NoData, Sample, SampleError, StartedAt, Unavailable, system_health_metric};

use super::{
    RedStreak, WorkflowResults,
    workflow_results::{WorkflowResult, WorkflowState},
};
use crate::{repository::Repository, web_page::with_page_link};

/// Whether each active workflow that runs on the branch passed (1) or failed (0) in its newest decisive run.
#[system_health_metric(
    key = "ci.workflow_passing",
    each = Repository,
    aggregate = "min",
    by = ["workflow"],
    timeout = "1h",
    enabled = false,
    requests = 2,
    only_now = "it would take requests for every run and attempt that decided then"
)]
pub fn workflow_passing(workflows: WorkflowResults) -> Result<Vec<Sample>, Unavailable> {
    let mut samples = Vec::new();
    for result in workflows.results.iter() {
        let passing = match result.state {
            WorkflowState::Passing => true,
            WorkflowState::Failing => false,
            WorkflowState::Undecided(_) | WorkflowState::Unknown(_) => continue,
        };
        let sample = Sample::new(passing)?
            .with_tag("branch", workflows.branch.as_str())?
            .with_tag("workflow", &result.workflow)?
            .with_evidence(result.evidence.clone());
        samples.push(with_page_link(sample, result.web_page.as_deref()));
    }
    if samples.is_empty() { Err(no_data(&workflows).into()) } else { Ok(samples) }
}

/// Active workflows whose newest decisive run on the branch failed.
#[system_health_metric(
    key = "ci.workflows_failing",
    each = Repository,
    unit = "workflow",
    aggregate = "sum",
    goal = "== 0",
    runbook = "https://github.com/system-health/system-health/blob/main/docs/runbooks/ci.workflows_failing.md",
    timeout = "1h",
    enabled = false,
    requests = 2,
    only_now = "it would take requests for every run and attempt that decided then"
)]
pub fn workflows_failing(workflows: WorkflowResults) -> Result<Sample, Unavailable> {
    let is_decided =
        |result: &WorkflowResult| matches!(result.state, WorkflowState::Passing | WorkflowState::Failing);
    if unknown(&workflows).is_some() || !workflows.results.iter().any(is_decided) {
        return Err(no_data(&workflows).into());
    }
    let failing: Vec<&WorkflowResult> =
        workflows.results.iter().filter(|result| result.state == WorkflowState::Failing).collect();
    let page = failing.iter().find_map(|result| result.web_page.clone());
    let sample = Sample::new(failing.len())?
        .with_tag("branch", workflows.branch.as_str())?
        .with_evidence(workflows.results.iter().map(|result| result.item(true)));
    Ok(with_page_link(sample, page.as_deref()))
}

/// Time since the start of the attempt with which the tests began to fail on the branch; 0 if they pass.
#[system_health_metric(
    key = "ci.red_seconds",
    each = Repository,
    unit = "second",
    aggregate = "max",
    goal = "< 86400",
    runbook = "https://github.com/system-health/system-health/blob/main/docs/runbooks/ci.red_seconds.md",
    timeout = "1h",
    enabled = false,
    requests = 2,
    only_now = "it would take requests for every run and attempt that decided then"
)]
pub fn red_seconds(streak: RedStreak, StartedAt(now): StartedAt) -> Result<Sample, SampleError> {
    let red = streak.since.map_or(Duration::ZERO, |since| now.duration_since(since).unwrap_or_default());
    let sample = Sample::new(red)?
        .with_tag("branch", streak.branch.as_str())?
        .with_tag("workflow", &streak.workflow)?;
    Ok(with_page_link(sample, streak.web_page.as_deref()))
}

/// Why the result of a workflow cannot be found.
fn unknown(workflows: &WorkflowResults) -> Option<String> {
    workflows.results.iter().find_map(|result| match &result.state {
        WorkflowState::Unknown(reason) => Some(format!("{} may be failing: {reason}", result.workflow)),
        _ => None,
    })
}

/// No data, because a result cannot be found or no workflow has one.
fn no_data(workflows: &WorkflowResults) -> NoData {
    let none = || format!("no active workflow has a recent result on the branch `{}`", workflows.branch);
    NoData::new(unknown(workflows).unwrap_or_else(none))
        .with_evidence(workflows.results.iter().map(|result| result.item(false)))
}
