//! The runs of the workflow that tests the branch, as far as they were read. All resources that need these runs share one
//! copy, so that nothing is requested twice.

use std::sync::Arc;

use system_health_registry::{Context, FromContext, Scope, Unavailable};
use tokio::sync::Mutex;

use super::{
    CiSettings, CiTables,
    fetch::{RunsError, WorkflowClient},
    judge::{AttemptStart, JudgeStep, Judgment, judge_before},
    known_runs::{CiQuery, KnownRuns},
    relevance::WatchedWorkflow,
};
use crate::{
    github::{GitHubRepository, Permission, WatchedBranch, no_data_without},
    repository::{Branch, Repository},
};

/// The runs of the workflow in the settings.
#[derive(Debug, Clone)]
pub(super) struct TestHistory {
    pub(super) on_github: GitHubRepository,
    pub(super) settings: CiSettings,
    pub(super) tables: CiTables,
    pub(super) branch: Branch,
    pub(super) known: Arc<Mutex<KnownRuns>>,
}

impl TestHistory {
    /// Judges the runs as they were before an attempt started, or as they are now, and fetches what is missing.
    pub(super) async fn judge(
        &self,
        watched: &WatchedWorkflow<'_>,
        known: &mut KnownRuns,
        before: Option<AttemptStart>,
    ) -> Result<Judgment, Unavailable> {
        loop {
            match judge_before(watched, known, before)? {
                JudgeStep::Query(query) => self.fetch(query, known).await?,
                JudgeStep::Done(judgment) => return Ok(judgment),
            }
        }
    }

    /// Fetches the result of a query and adds it to the known runs.
    pub(super) async fn fetch(&self, query: CiQuery, known: &mut KnownRuns) -> Result<(), Unavailable> {
        let Self { on_github, settings, tables, branch, .. } = self;
        client(on_github, settings, tables, branch).fetch(query, known).await
    }
}

fn client<'a>(
    repository: &'a GitHubRepository,
    settings: &'a CiSettings,
    tables: &'a CiTables,
    branch: &'a Branch,
) -> WorkflowClient<'a> {
    WorkflowClient { repository, branch, file: &settings.workflow, tables }
}

impl FromContext for TestHistory {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let on_github = context.get::<GitHubRepository>().await?;
        let repository = context.get::<Repository>().await?;
        let settings = repository.ci_settings(&context.get::<CiSettings>().await?);
        let tables = repository.ci_tables();
        let WatchedBranch(branch) = context.get().await?;
        let newest = client(&on_github, &settings, &tables, &branch).newest_runs().await;
        let newest = newest.map_err(|error| match error {
            RunsError::NoWorkflow { .. } => error.into(),
            RunsError::Failed { .. } => no_data_without(Permission::Actions, on_github.name(), error),
        })?;
        let known = Arc::new(Mutex::new(KnownRuns::new(newest)));
        Ok(Self { on_github, settings, tables, branch, known })
    }
}
