//! Estimates how many requests a run makes to AWS, for `--dry-run` and `report doctor`. They do not count against GitHub's
//! quota, and nothing is skipped because of them.

use futures::{FutureExt, future::BoxFuture};
use system_health_registry::{
    Context, Gate, GateDecision, NoData, PlannedMetrics, RequestEstimate, RequestPlan, Run, SharedError,
    Unavailable, register_gate,
};

use super::{
    AwsRegions, alarms,
    codebuild::{self, Projects},
    codepipeline::{self, Pipelines},
    name_list::RegionalNames,
    needs::AwsNeeds,
};

/// The usual number of requests for the builds of a project: one list, and one for the builds of its first page.
const REQUESTS_PER_PROJECT: usize = 2;
/// The usual number of requests for a pipeline.
const REQUESTS_PER_PIPELINE: usize = 1;

/// Estimates, and skips nothing.
struct AwsRequests;

register_gate!(AwsRequests);

impl Gate for AwsRequests {
    fn plan<'a>(&'a self, context: &'a Context, planned: &'a PlannedMetrics) -> BoxFuture<'a, GateDecision> {
        async move {
            // The metrics about AWS have no subjects. If the estimate is not shown, nobody needs it.
            if !planned.is_without_subjects() || !planned.is_for_display() {
                return GateDecision::default();
            }
            let is_planned =
                |needs: &AwsNeeds| planned.metrics().iter().any(|metric| needs.is_for(metric.key()));
            // If the estimate fails, such as without AWS credentials, it is left out. The metrics say why.
            let requests = estimate(context, is_planned).await.ok().flatten();
            let request_plan =
                |estimate| RequestPlan { api: "AWS", groups: vec![estimate], limits: Vec::new() };
            GateDecision { requests: requests.map(request_plan), ..GateDecision::default() }
        }
        .boxed()
    }

    fn no_data_for(&self, _error: &SharedError) -> Option<NoData> {
        None
    }

    fn finish<'a>(&'a self, _context: &'a Context, _run: &'a Run) -> BoxFuture<'a, ()> {
        async {}.boxed()
    }
}

/// The requests of the metrics that are collected. The estimate itself requests the lists of names. These requests are included,
/// because the metrics share them. `None` if no metric needs AWS.
async fn estimate(
    context: &Context,
    is_planned: impl Fn(&AwsNeeds) -> bool,
) -> Result<Option<RequestEstimate>, Unavailable> {
    let (for_alarms, for_builds, for_pipelines) =
        (is_planned(&alarms::NEEDS), is_planned(&codebuild::NEEDS), is_planned(&codepipeline::NEEDS));
    if !(for_alarms || for_builds || for_pipelines) {
        return Ok(None);
    }
    let regions = context.get::<AwsRegions>().await?.names().len();
    let mut parts = Vec::new();
    if for_alarms {
        parts.push((regions, "alarms".to_owned()));
    }
    if for_builds {
        let Projects(projects) = context.get().await?;
        parts.push(requests_for_names(&projects, REQUESTS_PER_PROJECT, "project"));
    }
    if for_pipelines {
        let Pipelines(pipelines) = context.get().await?;
        parts.push(requests_for_names(&pipelines, REQUESTS_PER_PIPELINE, "pipeline"));
    }
    let total: usize = parts.iter().map(|(requests, _)| requests).sum();
    let texts: Vec<String> = parts.iter().map(|(requests, what)| format!("{requests} for {what}")).collect();
    let basis = format!("{} in {}", texts.join(", "), counted(regions, "region"));
    let requests = u64::try_from(total).unwrap_or(u64::MAX);
    Ok(Some(RequestEstimate { group: "aws".to_owned(), requests, basis, skipped: None }))
}

/// The requests for the list of names and for each name, and what they are for.
fn requests_for_names(names: &RegionalNames, for_each: usize, what: &str) -> (usize, String) {
    let (count, list_requests) = names.count();
    (list_requests + count * for_each, counted(count, what))
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
