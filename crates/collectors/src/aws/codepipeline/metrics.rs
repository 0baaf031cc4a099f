//! The metrics about pipelines.

use std::collections::BTreeMap;

use system_health_registry::{EvidenceItem, Reading, Sample, Unavailable, system_health_metric};

use super::{pipeline_state::PipelineState, pipeline_states::PipelineStates};
use crate::{
    aws::{
        inventory::{Entry, reading},
        page::console_page,
    },
    web_page::with_page_link,
};

const NO_STATE: &str = "no pipeline in CodePipeline has an execution that passed or failed";

/// State of each AWS CodePipeline pipeline: 1 if its latest execution that passed or failed has passed, 0 if it has failed.
#[system_health_metric(
    key = "aws.codepipeline.state",
    aggregate = "min",
    by = ["pipeline"],
    timeout = "10m",
    enabled = false,
    only_now = "CodePipeline lists an execution that was run again only with its present status"
)]
pub fn pipeline_state(states: PipelineStates) -> Result<Reading, Unavailable> {
    let samples = |entry: &Entry<PipelineState>, state: &PipelineState| {
        let Some(is_passing) = state.is_passing else { return Ok(Vec::new()) };
        let page = pipeline_page(entry);
        let evidence = state.executions.iter().map(|execution| execution.evidence(page.as_deref()));
        let sample = Sample::new(is_passing)?.with_evidence(evidence);
        Ok(vec![with_page_link(sample, page.as_deref())])
    };
    states.inventory().reading(samples, NO_STATE)
}

/// AWS CodePipeline pipelines whose latest execution that passed or failed has failed.
#[system_health_metric(
    key = "aws.codepipeline.failing",
    unit = "pipeline",
    aggregate = "sum",
    goal = "== 0",
    runbook = "https://github.com/system-health/system-health/blob/main/docs/runbooks/aws.codepipeline.failing.md",
    timeout = "10m",
    enabled = false,
    only_now = "CodePipeline lists an execution that was run again only with its present status"
)]
pub fn pipelines_failing(states: PipelineStates) -> Result<Reading, Unavailable> {
    let mut regions: BTreeMap<&str, Vec<&Entry<PipelineState>>> = BTreeMap::new();
    for entry in states.inventory().iter() {
        regions.entry(&entry.region).or_default().push(entry);
    }
    let (mut samples, mut unread_entries) = (Vec::new(), Vec::new());
    for (region, entries) in regions {
        // A pipeline that could not be read may be failing, so there is no number for its region.
        let unread = entries.iter().filter_map(|entry| Some((*entry, entry.content.as_ref().err()?)));
        // Only one error is reported for the region. Denied access is not a failed item, so any other error is preferred.
        match unread.min_by_key(|(_, error)| error.denied_action().is_some()) {
            Some(entry) => unread_entries.push(entry),
            None => samples.extend(failing_pipelines(region, &entries)?),
        }
    }
    reading(samples, &unread_entries, NO_STATE)
}

/// The number of failing pipelines in a region. `None` if no pipeline has a state.
fn failing_pipelines(region: &str, entries: &[&Entry<PipelineState>]) -> Result<Option<Sample>, Unavailable> {
    let decided: Vec<_> = entries.iter().filter_map(|entry| Some((*entry, is_passing(entry)?))).collect();
    if decided.is_empty() {
        return Ok(None);
    }
    let evidence = decided.iter().map(|(entry, is_passing)| {
        let name = entry.name.as_ref().map_or("", |(_, name)| name);
        let reason = if *is_passing { "it passes" } else { "it fails" };
        EvidenceItem::new(name, !is_passing, reason).with_link(pipeline_page(entry).as_deref())
    });
    let failing = decided.iter().filter(|(_, is_passing)| !is_passing).count();
    let sample = Sample::new(failing)?.with_tag("region", region)?.with_evidence(evidence);
    let page = console_page(region, ["codesuite", "codepipeline", "pipelines"]);
    Ok(Some(with_page_link(sample, page.as_deref())))
}

fn is_passing(entry: &Entry<PipelineState>) -> Option<bool> {
    entry.content.as_ref().ok()?.is_passing
}

/// The address of a pipeline's page.
fn pipeline_page(entry: &Entry<PipelineState>) -> Option<String> {
    let (_, pipeline) = entry.name.as_ref()?;
    console_page(&entry.region, ["codesuite", "codepipeline", "pipelines", pipeline, "view"])
}
