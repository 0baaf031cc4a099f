//! Diagnoses the permissions that the metrics about AWS need, with the requests of a run.

use std::time::Duration;

use futures::future::join_all;
use system_health_registry::{Catalog, Context, Finding, Unavailable};
use tokio::time::timeout;

use crate::aws::{AwsRegions, TriedAction, alarms, codebuild, codepipeline, needs::AwsNeeds};

/// How long to wait for the requests that the metrics have not made yet.
const TIMEOUT: Duration = Duration::from_secs(10);
const PERMISSIONS: &str = "AWS permissions";

/// Finds out whether AWS permits the requests of the catalog's metrics. There is no finding if no metric is about AWS.
pub(crate) async fn aws(context: &Context, catalog: &Catalog) -> Vec<Finding> {
    let all = [alarms::NEEDS, codebuild::NEEDS, codepipeline::NEEDS];
    let is_needed = |needs: &AwsNeeds| catalog.metrics().iter().any(|metric| needs.is_for(metric.key()));
    let needed: Vec<AwsNeeds> = all.into_iter().filter(is_needed).collect();
    if needed.is_empty() {
        return Vec::new();
    }
    diagnose(context, &needed).await
}

async fn diagnose(context: &Context, needed: &[AwsNeeds]) -> Vec<Finding> {
    let regions: AwsRegions = match context.get().await {
        Ok(regions) => regions,
        Err(Unavailable::NoData(reason)) => {
            return vec![Finding::warning(PERMISSIONS, format!("cannot be checked: {reason}"))];
        }
        Err(Unavailable::Error(error)) => return vec![Finding::failed(PERMISSIONS, error.to_string())],
    };
    // If the requests take longer, the findings are about what was tried so far. If a request fails for another reason than a
    // missing permission, the findings about the metrics say so.
    let _ = timeout(TIMEOUT, join_all(needed.iter().map(|needs| (needs.read)(context)))).await;
    let findings = needed.iter().flat_map(|needs| {
        let to_finding = |action: &&'static str| finding(action, needs.keys, regions.actions().find(action));
        needs.actions.iter().map(to_finding)
    });
    findings.collect()
}

fn finding(action: &str, keys: &str, tried: Option<TriedAction>) -> Finding {
    let check = format!("AWS permission {action}");
    match tried {
        Some(TriedAction { denied_in, .. }) if !denied_in.is_empty() => {
            let denied: Vec<_> =
                denied_in.iter().map(|(region, message)| format!("in {region}: {message}")).collect();
            let denied = denied.join("; ");
            let message = format!("is missing for {keys}, allow it in the IAM policy; denied {denied}");
            Finding::warning(check, message)
        }
        Some(TriedAction { allowed_in, .. }) => {
            let regions = allowed_in.into_iter().collect::<Vec<_>>().join(", ");
            Finding::ok(check, format!("for {keys}: allowed in {regions}"))
        }
        None => Finding::info(check, format!("is needed by {keys}, and could not be tried")),
    }
}
