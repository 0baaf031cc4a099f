//! The earlier attempts of the runs that were re-run. Each takes a request.

use std::{collections::HashMap, sync::Arc};

use anyhow::Context as _;
use futures::{StreamExt, TryStreamExt, stream};
use system_health_registry::{Context, FromContext, Scope, Unavailable, Windows};

use super::{recent_runs::RecentRuns, request_limit::ensure_within};
use crate::{
    ci::workflow_run::{RunConclusion, RunResult, WorkflowRun},
    github::{GitHubRepository, Permission, no_data_without},
};

/// Maximum number of attempts that are fetched concurrently.
const MAX_CONCURRENT: usize = 8;

/// How the earlier attempts of the runs that were re-run ended, as far as they may make a run flaky.
#[derive(Debug, Clone, Default)]
pub struct Reruns(Arc<HashMap<u64, Vec<RunConclusion>>>);

impl Reruns {
    /// Whether an attempt of the run failed and a later one passed.
    pub(super) fn is_flaky(&self, run: &WorkflowRun, latest: RunConclusion) -> bool {
        let earlier = self.0.get(&run.id).map_or(&[][..], Vec::as_slice);
        let results = earlier.iter().chain([&latest]).map(|conclusion| conclusion.result());
        let mut after_failure = results.skip_while(|result| *result != RunResult::Failed);
        after_failure.any(|result| result == RunResult::Passed)
    }
}

impl FromContext for Reruns {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let recent = context.get::<RecentRuns>().await?;
        let window = context.get::<Windows>().await?.longest(&["ci.flaky_runs"]);
        let runs = recent.on_branch(window)?;
        let earlier: Vec<(u64, u32)> = runs
            .iter()
            .filter(|found| may_be_flaky(found.run.attempt, found.conclusion))
            .flat_map(|found| (1..found.run.attempt).map(|attempt| (found.run.id, attempt)))
            .collect();
        let limit = recent.settings().max_run_requests as usize;
        ensure_within(earlier.len(), limit, "earlier attempts")?;
        let on_github = context.get::<GitHubRepository>().await?;
        let attempts: Vec<(u64, RunConclusion)> = stream::iter(earlier)
            .map(|(run, attempt)| {
                let on_github = on_github.clone();
                async move {
                    let conclusion = conclusion_of(&on_github, run, attempt).await;
                    let conclusion = conclusion
                        .map_err(|error| no_data_without(Permission::Actions, on_github.name(), error))?;
                    Ok::<_, Unavailable>((run, conclusion))
                }
            })
            .buffered(MAX_CONCURRENT)
            .try_collect()
            .await?;
        let mut conclusions: HashMap<u64, Vec<RunConclusion>> = HashMap::new();
        for (run, conclusion) in attempts {
            conclusions.entry(run).or_default().push(conclusion);
        }
        Ok(Self(Arc::new(conclusions)))
    }
}

/// Whether the earlier attempts can make a run flaky: at least two attempts have ended, and the last of these may have passed.
fn may_be_flaky(attempt: u32, latest: RunConclusion) -> bool {
    attempt > 2 || (attempt == 2 && latest.result() == RunResult::Passed)
}

async fn conclusion_of(
    on_github: &GitHubRepository,
    run: u64,
    attempt: u32,
) -> anyhow::Result<RunConclusion> {
    let (run, attempt) = (run.to_string(), attempt.to_string());
    let found = on_github.get::<WorkflowRun>(&["actions", "runs", &run, "attempts", &attempt], &[]).await;
    let failed = || format!("cannot read attempt {attempt} of run {run} in {}", on_github.name());
    found.with_context(failed)?.conclusion()
}
