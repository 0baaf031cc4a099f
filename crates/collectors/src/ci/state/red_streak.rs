//! Since when the tests fail: the history of the value of `ci.tests_passing_on_main`, from now back to the last time when
//! it was not 0.

use std::time::{Duration, SystemTime};

use anyhow::anyhow;
use system_health_registry::{Context, FromContext, NoData, Scope, Unavailable};

use crate::{
    ci::{
        CiSettings,
        history::TestHistory,
        judge::AttemptStart,
        known_runs::{CiQuery, KnownRuns},
        relevance::{WatchedWorkflow, staleness},
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
    /// The tests had been failing at least since this attempt.
    Failing(AttemptStart),
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
        // Past values are judged without a maximum age: a result that is too old now was new enough then.
        let settings = CiSettings { max_age: Duration::MAX, ..history.settings.clone() };
        let watched = WatchedWorkflow { settings: &settings, ..watched };
        match first_failing_attempt(&history, &watched, &mut known).await? {
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
async fn first_failing_attempt(
    history: &TestHistory,
    watched: &WatchedWorkflow<'_>,
    known: &mut KnownRuns,
) -> Result<Result<(WorkflowRun, u32), String>, Unavailable> {
    let mut first_failure: Option<AttemptStart> = None;
    // Goes back in time from attempt to attempt. A re-run of an older run is left out if a newer run had already decided:
    // it did not change the value.
    for _ in 0..=MAX_STREAK {
        let before = first_failure.unwrap_or_else(AttemptStart::after_all);
        match value_before(history, watched, known, before).await? {
            Ok(Past::Failing(since)) => first_failure = Some(since),
            Ok(Past::Passing | Past::Nothing) => {
                let Some(AttemptStart { run, attempt, .. }) = first_failure else {
                    return Err(anyhow!("no run of the failing tests is known").into());
                };
                return Ok(Ok((run_in_attempt(history, known, run, attempt).await?, attempt)));
            }
            Err(reason) => return Ok(Err(reason)),
        }
    }
    Ok(Err(format!("they began to fail more than {MAX_STREAK} attempts ago")))
}

/// A run as it was in one of its attempts.
async fn run_in_attempt(
    history: &TestHistory,
    known: &mut KnownRuns,
    run: u64,
    attempt: u32,
) -> Result<WorkflowRun, Unavailable> {
    let Some(latest) = known.runs().iter().find(|known| known.id == run) else {
        return Err(anyhow!("run {run} is no longer known").into());
    };
    if latest.attempt == attempt {
        return Ok(latest.clone());
    }
    if known.attempt(run, attempt).is_none() {
        history.fetch(CiQuery::Attempt(run, attempt), known).await?;
    }
    let Some(found) = known.attempt(run, attempt) else {
        return Err(anyhow!("attempt {attempt} of run {run} is missing").into());
    };
    Ok(found.clone())
}

/// What the value was before an attempt started.
async fn value_before(
    history: &TestHistory,
    watched: &WatchedWorkflow<'_>,
    known: &mut KnownRuns,
    before: AttemptStart,
) -> Result<Result<Past, String>, Unavailable> {
    let judgment = history.judge(watched, known, Some(before)).await?;
    let reason = match judgment.result {
        Ok(decision) if decision.passed => return Ok(Ok(Past::Passing)),
        Ok(_) => {
            let Some(since) = judgment.newest else {
                return Err(anyhow!("no attempt decided, but the tests fail").into());
            };
            return Ok(Ok(Past::Failing(since)));
        }
        Err(reason) => reason,
    };
    if let Some(reason) = stale(history, watched, known).await? {
        return Ok(Err(reason));
    }
    Ok(if known.is_complete() && !judgment.is_cut_off {
        Ok(Past::Nothing)
    } else if judgment.considered == 0 {
        Err("they may have begun to fail before the oldest run that GitHub lists".to_owned())
    } else {
        Err(reason)
    })
}

/// Why GitHub's list of the branch's runs may be stale, if it was read. A stale list may lack older runs.
async fn stale(
    history: &TestHistory,
    watched: &WatchedWorkflow<'_>,
    known: &mut KnownRuns,
) -> Result<Option<String>, Unavailable> {
    if !known.has_filtered_list() {
        return Ok(None);
    }
    loop {
        match staleness(watched, known) {
            Ok(reason) => return Ok(reason),
            Err(query) => history.fetch(query, known).await?,
        }
    }
}
