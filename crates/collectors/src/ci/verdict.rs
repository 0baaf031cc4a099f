//! The verdict as a resource: alternates between judging and fetching until there is a verdict.

use system_health_registry::{Context, EvidenceItem, FromContext, NoData, Scope, Unavailable};

use super::{
    CiSettings,
    fetch::WorkflowClient,
    judge::{JudgeStep, judge},
    known_runs::KnownRuns,
    relevance::WatchedWorkflow,
};
use crate::{
    github::{GitHubRepository, WatchedBranch},
    repository::{Branch, Repository},
};

/// Whether the tests pass on the watched branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CiVerdict {
    /// Whether they pass.
    pub passed: bool,
    /// The branch.
    pub branch: Branch,
    /// The file name of the workflow.
    pub workflow: String,
    /// The web page of the run that decided, if GitHub gives one.
    pub page: Option<String>,
    /// The runs and jobs that were considered.
    pub evidence: Vec<EvidenceItem>,
}

impl FromContext for CiVerdict {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let on_github = context.get::<GitHubRepository>().await?;
        let repository = context.get::<Repository>().await?;
        let settings = repository.ci(&context.get::<CiSettings>().await?);
        let tables = repository.ci_tables();
        let WatchedBranch(branch) = context.get().await?;
        let workflow = WorkflowClient {
            repository: &on_github,
            branch: &branch,
            file: &settings.workflow,
            tables: &tables,
        };
        let watched = WatchedWorkflow {
            settings: &settings,
            tables: &tables,
            branch: &branch,
            now: context.started_at(),
        };
        let mut known = KnownRuns::new(workflow.newest_runs().await?);
        let judgment = loop {
            match judge(&watched, &known)? {
                JudgeStep::Query(query) => workflow.fetch(query, &mut known).await?,
                JudgeStep::Done(judgment) => break judgment,
            }
        };
        let evidence = judgment.evidence.into_items();
        match judgment.result {
            Ok(decision) => Ok(Self {
                passed: decision.passed,
                page: decision.page,
                branch,
                workflow: settings.workflow,
                evidence,
            }),
            Err(reason) => Err(NoData::new(reason).with_evidence(evidence).into()),
        }
    }
}
