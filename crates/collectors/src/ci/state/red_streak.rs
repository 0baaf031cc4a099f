//! Since when the tests fail: the history of the value of `ci.tests_passing_on_main`, from now back to the last time when
//! it was not 0.

use std::time::{Duration, SystemTime};

use anyhow::bail;
use system_health_registry::{Context, FromContext, NoData, Scope, Unavailable};

use crate::{
    ci::{
        CiSettings,
        history::TestHistory,
        judge::AsOf,
        known_runs::{CiQuery, KnownRuns},
        relevance::{Relevance, WatchedWorkflow, relevance, staleness},
        workflow_run::WorkflowRun,
    },
    repository::Branch,
};

/// Maximum number of attempts of which a streak may consist.
const MAX_STREAK: usize = 100;

/// Since when the tests fail on the branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedStreak {
    /// The branch.
    pub branch: Branch,
    /// The file name of the workflow.
    pub workflow: String,
    /// The start of the attempt with which the tests began to fail. `None` if they pass.
    pub since: Option<SystemTime>,
    /// The web page of that attempt.
    pub web_page: Option<String>,
}

/// What the value was at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Past {
    Failing,
    Passing,
    /// No run had decided before.
    Nothing,
}

impl FromContext for RedStreak {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let history = context.get::<TestHistory>().await?;
        let mut known = history.known.lock().await;
        let now = context.started_at();
        let (branch, workflow) = (history.branch.clone(), history.settings.workflow.clone());
        let watched = WatchedWorkflow {
            settings: &history.settings,
            tables: &history.tables,
            branch: &history.branch,
            now,
        };
        let judgment = history.judge(&watched, &mut known, None).await?;
        let evidence = judgment.evidence.into_items();
        match judgment.result {
            Err(reason) => return Err(NoData::new(reason).with_evidence(evidence).into()),
            Ok(decision) if decision.passed => {
                return Ok(Self { branch, workflow, since: None, web_page: None });
            }
            Ok(_) => {}
        }
        // A result that is too old now was not too old at its own time.
        let settings = CiSettings { max_age: Duration::MAX, ..history.settings.clone() };
        let watched = WatchedWorkflow { settings: &settings, ..watched };
        match start(&history, &watched, &mut known).await? {
            Ok((run, attempt)) => {
                let page =
                    known.runs().iter().find(|known| known.id == run.id).and_then(|run| run.page(attempt));
                Ok(Self { branch, workflow, since: Some(run.started_at()), web_page: page })
            }
            Err(reason) => {
                Err(NoData::new(format!("the tests fail, but it is not known since when: {reason}"))
                    .with_evidence(evidence)
                    .into())
            }
        }
    }
}

/// The attempt with which the tests began to fail, or why it is not known.
async fn start(
    history: &TestHistory,
    watched: &WatchedWorkflow<'_>,
    known: &mut KnownRuns,
) -> anyhow::Result<Result<(WorkflowRun, u32), String>> {
    let mut first_failure: Option<AsOf> = None;
    let mut seen = 0;
    loop {
        let Some(as_of) = next_older(history, watched, known, first_failure).await? else {
            if let Some(reason) = stale(history, watched, known).await? {
                return Ok(Err(reason));
            }
            if known.is_complete() {
                break;
            }
            if !known.is_extended() {
                history.fetch(CiQuery::RunsOfBranch, known).await?;
                continue;
            }
            return Ok(Err("all runs that GitHub lists are part of it".to_owned()));
        };
        seen += 1;
        if seen > MAX_STREAK {
            return Ok(Err(format!("more than {MAX_STREAK} attempts are part of it")));
        }
        match past(history, watched, known, as_of).await? {
            Ok(Past::Failing) => first_failure = Some(as_of),
            Ok(Past::Passing | Past::Nothing) => break,
            Err(reason) => return Ok(Err(reason)),
        }
    }
    let Some(AsOf { run, attempt }) = first_failure else { bail!("no run of the failing tests is known") };
    let Some(known_run) = known.runs().iter().find(|known| known.id == run).cloned() else {
        bail!("run {run} is no longer known")
    };
    if known_run.attempt == attempt {
        return Ok(Ok((known_run, attempt)));
    }
    if known.attempt(run, attempt).is_none() {
        history.fetch(CiQuery::Attempt(run, attempt), known).await?;
    }
    let Some(found) = known.attempt(run, attempt) else { bail!("attempt {attempt} of run {run} is missing") };
    Ok(Ok((found.clone(), attempt)))
}

/// The next attempt older than `newer` that has ended, or that is in progress and may decide. Without `newer`, the newest one.
async fn next_older(
    history: &TestHistory,
    watched: &WatchedWorkflow<'_>,
    known: &mut KnownRuns,
    newer: Option<AsOf>,
) -> anyhow::Result<Option<AsOf>> {
    if let Some(AsOf { run, attempt }) = newer
        && attempt > 1
    {
        return Ok(Some(AsOf { run, attempt: attempt - 1 }));
    }
    let position = |known: &KnownRuns, run: u64| known.runs().iter().position(|known| known.id == run);
    let mut index = newer.and_then(|newer| position(known, newer.run)).map_or(0, |position| position + 1);
    while let Some(run) = known.runs().get(index).cloned() {
        match relevance(watched, known, &run) {
            Err(query) => {
                history.fetch(query, known).await?;
            }
            Ok(Relevance::Counts) if !known.is_confirmed(run.id) => {
                history.fetch(CiQuery::Run(run.id), known).await?;
            }
            Ok(Relevance::Counts) => {
                let ended = if run.is_completed()? { run.attempt } else { run.attempt - 1 };
                // A first attempt in progress may have failed already, by its jobs.
                return Ok(Some(AsOf { run: run.id, attempt: ended.max(1) }));
            }
            Ok(_) => index += 1,
        }
    }
    Ok(None)
}

/// What the value was when an attempt had ended.
async fn past(
    history: &TestHistory,
    watched: &WatchedWorkflow<'_>,
    known: &mut KnownRuns,
    as_of: AsOf,
) -> anyhow::Result<Result<Past, String>> {
    let judgment = history.judge(watched, known, Some(as_of)).await?;
    Ok(match judgment.result {
        Ok(decision) if decision.passed => Ok(Past::Passing),
        Ok(_) => Ok(Past::Failing),
        Err(reason) => match stale(history, watched, known).await? {
            None if known.is_complete() && !judgment.is_cut_off => Ok(Past::Nothing),
            _ => Err(reason),
        },
    })
}

/// Why GitHub's list of the branch's runs may be stale, if it was read. Then it may lack older runs.
async fn stale(
    history: &TestHistory,
    watched: &WatchedWorkflow<'_>,
    known: &mut KnownRuns,
) -> anyhow::Result<Option<String>> {
    if !known.is_extended() {
        return Ok(None);
    }
    loop {
        match staleness(watched, known) {
            Ok(reason) => return Ok(reason),
            Err(query) => history.fetch(query, known).await?,
        }
    }
}
