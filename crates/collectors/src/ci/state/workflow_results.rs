//! The result of each workflow on the branch.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::SystemTime,
};

use system_health_registry::{Context, EvidenceItem, FromContext, Scope, Unavailable};

use super::workflow_list::active_workflows;
use crate::{
    ci::{
        CiSettings, CiTables, CiVerdict, JobPatterns,
        fetch::WorkflowClient,
        judge::{JudgeStep, judge},
        known_runs::{KnownRuns, RunsPage},
        relevance::WatchedWorkflow,
        volume::RecentRuns,
        workflow_run::WorkflowRun,
    },
    github::GitHubRepository,
    repository::{Branch, Repository},
};

/// The results of the active workflows that run on the branch.
#[derive(Debug, Clone)]
pub struct WorkflowResults {
    /// The branch.
    pub branch: Branch,
    /// The results, in the order of the names.
    pub results: Arc<[WorkflowResult]>,
}

/// The result of one workflow on the branch.
#[derive(Debug, Clone)]
pub struct WorkflowResult {
    /// The name of its file.
    pub workflow: String,
    /// Whether it passes.
    pub state: WorkflowState,
    /// The web page of the run that decided.
    pub web_page: Option<String>,
    /// The runs and jobs that were considered.
    pub evidence: Vec<EvidenceItem>,
}

/// Whether a workflow passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkflowState {
    /// Its newest decisive run passed.
    Passing,
    /// Its newest decisive run failed.
    Failing,
    /// None of its recent runs decided, for this reason.
    Undecided(String),
    /// The result cannot be found, for this reason. The workflow may be failing.
    Unknown(String),
}

impl FromContext for WorkflowResults {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let on_github = context.get::<GitHubRepository>().await?;
        let repository = context.get::<Repository>().await?;
        let settings = repository.ci_settings(&context.get::<CiSettings>().await?);
        let recent = context.get::<RecentRuns>().await?;
        let now = context.started_at();
        // A run that was created earlier could decide only if it was re-run. It is not read: see "Not detected" in
        // `docs/metrics.md`.
        let since = now.checked_sub(settings.max_age).unwrap_or(SystemTime::UNIX_EPOCH);
        let workflows = active_workflows(&on_github).await?;
        let runs = by_workflow(recent.since(since).await?, &workflows)?;
        let mut results = Vec::new();
        for (workflow, runs) in runs {
            let result = if workflow == settings.workflow && !settings.jobs.is_empty() {
                by_jobs(context, workflow).await?
            } else {
                let workflow_judge = WorkflowJudge {
                    on_github: &on_github,
                    branch: recent.branch(),
                    settings: &settings,
                    now,
                };
                workflow_judge.by_conclusion(workflow, runs).await?
            };
            results.extend(result);
        }
        if results.is_empty() {
            recent.check_branch()?;
        }
        Ok(Self { branch: recent.branch().clone(), results: results.into() })
    }
}

/// The runs of each of these workflows. A workflow without a run is left out.
fn by_workflow(
    runs: Vec<WorkflowRun>,
    workflows: &BTreeSet<String>,
) -> anyhow::Result<BTreeMap<String, Vec<WorkflowRun>>> {
    let mut by_workflow: BTreeMap<String, Vec<WorkflowRun>> = BTreeMap::new();
    for run in runs {
        let workflow = run.workflow()?;
        if workflows.contains(workflow) {
            by_workflow.entry(workflow.to_owned()).or_default().push(run);
        }
    }
    Ok(by_workflow)
}

/// The workflow that tests the branch, if only selected jobs decide: its value is that of `ci.tests_passing_on_main`.
async fn by_jobs(context: &Context, workflow: String) -> Result<Option<WorkflowResult>, Unavailable> {
    match context.get::<CiVerdict>().await {
        Ok(verdict) => {
            let state = if verdict.passed { WorkflowState::Passing } else { WorkflowState::Failing };
            Ok(Some(WorkflowResult {
                workflow,
                state,
                web_page: verdict.web_page,
                evidence: verdict.evidence,
            }))
        }
        Err(Unavailable::NoData(no_data)) => {
            let state = WorkflowState::Unknown(no_data.reason().to_owned());
            let evidence = no_data.evidence().items().to_vec();
            Ok(Some(WorkflowResult { workflow, state, web_page: None, evidence }))
        }
        Err(error) => Err(error),
    }
}

impl WorkflowResult {
    /// The workflow as evidence. It counts if it fails and the metric has a value.
    pub(super) fn item(&self, has_value: bool) -> EvidenceItem {
        let (is_failing, reason) = match &self.state {
            WorkflowState::Passing => (false, "it passes"),
            WorkflowState::Failing => (true, "it fails"),
            WorkflowState::Undecided(reason) | WorkflowState::Unknown(reason) => (false, reason.as_str()),
        };
        EvidenceItem::new(&self.workflow, has_value && is_failing, reason).with_link(self.web_page.as_deref())
    }
}

struct WorkflowJudge<'a> {
    on_github: &'a GitHubRepository,
    branch: &'a Branch,
    settings: &'a CiSettings,
    now: SystemTime,
}

impl WorkflowJudge<'_> {
    /// Judges a workflow by the conclusions of its runs. `None` if none of the runs tests the branch.
    async fn by_conclusion(
        &self,
        workflow: String,
        runs: Vec<WorkflowRun>,
    ) -> Result<Option<WorkflowResult>, Unavailable> {
        let settings =
            CiSettings { workflow: workflow.clone(), jobs: JobPatterns::default(), ..self.settings.clone() };
        let tables = CiTables::default();
        let (repository, branch, file) = (self.on_github, self.branch, &settings.workflow);
        let client = WorkflowClient { repository, branch, file, tables: &tables };
        let watched = WatchedWorkflow { settings: &settings, tables: &tables, branch, now: self.now };
        // Runs that were created more than `max_age` ago do not decide here, so the list counts as complete.
        let mut known = KnownRuns::new(RunsPage { total_count: runs.len(), workflow_runs: runs });
        let judgment = loop {
            match judge(&watched, &known)? {
                JudgeStep::Query(query) => client.fetch(query, &mut known).await?,
                JudgeStep::Done(judgment) => break judgment,
            }
        };
        if judgment.considered == 0 {
            return Ok(None);
        }
        let evidence = judgment.evidence.into_items();
        let (state, page) = match judgment.result {
            Ok(decision) if decision.passed => (WorkflowState::Passing, decision.web_page),
            Ok(decision) => (WorkflowState::Failing, decision.web_page),
            Err(reason) if judgment.is_cut_off => (WorkflowState::Unknown(reason), None),
            Err(reason) => (WorkflowState::Undecided(reason), None),
        };
        Ok(Some(WorkflowResult { workflow, state, web_page: page, evidence }))
    }
}
