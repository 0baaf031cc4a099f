//! The attempts of one workflow on the branch, and when those that passed ended: for metrics in which a run of a workflow
//! stands for something else, such as a deployment.
//!
//! The list without filters is used, because filtered ones come from GitHub's search index and end after 1,000 runs.

use std::{collections::VecDeque, time::SystemTime};

use anyhow::{Context as _, ensure};
use http::StatusCode;

use super::{
    RunsError,
    job::Job,
    job_list::{JobsQuery, list_jobs},
    known_runs::RunsPage,
    trigger_events::MERGE_GROUP,
    workflow_run::{RunResult, WorkflowRun},
};
use crate::{
    github::{GitHubRepository, Pages},
    repository::Branch,
};

/// An attempt of a run on the branch.
#[derive(Debug, Clone)]
pub(crate) struct WorkflowAttempt {
    /// The run's id and the number of the attempt.
    pub(crate) id: String,
    /// The run's name, with the number of the attempt if it is not the first.
    pub(crate) name: String,
    pub(crate) commit: String,
    /// When the run was created.
    pub(crate) created_at: SystemTime,
    /// The end of its last job if it passed, or else why there is no such time.
    pub(crate) passed_at: Result<SystemTime, String>,
    pub(crate) web_page: Option<String>,
}

/// Reads the attempts of a workflow, the runs from the newest to the oldest.
#[derive(Debug)]
pub(crate) struct WorkflowAttempts<'a> {
    repository: &'a GitHubRepository,
    branch: &'a Branch,
    file: &'a str,
    pages: Pages<RunsPage>,
    /// The runs of the last page that were not returned yet.
    runs: VecDeque<WorkflowRun>,
    /// The number of earlier attempts and lists of jobs that may still be requested.
    remaining_requests: usize,
    /// The settings table that names the workflow and limits the requests.
    table: &'a str,
}

impl<'a> WorkflowAttempts<'a> {
    /// No request is made yet. At most `max_requests` earlier attempts and lists of jobs will be requested.
    pub(crate) fn new(
        repository: &'a GitHubRepository,
        branch: &'a Branch,
        file: &'a str,
        max_requests: usize,
        table: &'a str,
    ) -> Self {
        let pages = repository.pages(&["actions", "workflows", file, "runs"], &[("per_page", "100")]);
        let (runs, remaining_requests) = (VecDeque::new(), max_requests);
        Self { repository, branch, file, pages, runs, remaining_requests, table }
    }

    /// The attempts of the next run on the branch, the latest first. `None` at the end of the list.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<Vec<WorkflowAttempt>>> {
        loop {
            let Some(run) = self.runs.pop_front() else {
                let page = self.pages.next().await.map_err(|source| match source.status() {
                    Some(StatusCode::NOT_FOUND) => {
                        RunsError::new(self.repository, self.file, self.table, source).into()
                    }
                    _ => anyhow::Error::from(source),
                })?;
                let Some(page) = page else { return Ok(None) };
                self.runs.extend(page.workflow_runs);
                continue;
            };
            let is_for_pull_request = run.event.starts_with("pull_request") || run.event == MERGE_GROUP;
            if run.head_branch.as_deref() == Some(self.branch.as_str())
                && run.is_own()
                && !is_for_pull_request
            {
                return self.attempts_of_run(run).await.map(Some);
            }
        }
    }

    async fn attempts_of_run(&mut self, latest: WorkflowRun) -> anyhow::Result<Vec<WorkflowAttempt>> {
        let query = JobsQuery::from(&latest);
        let mut runs = Vec::new();
        for attempt in (1..latest.attempt).rev() {
            self.count_request()?;
            let (id, number) = (latest.id.to_string(), attempt.to_string());
            let run = self.repository.get(&["actions", "runs", &id, "attempts", &number], &[]).await;
            runs.push(run.with_context(|| format!("cannot read attempt {attempt} of run {id}"))?);
        }
        runs.insert(0, latest);
        let mut jobs = None;
        let mut attempts = Vec::new();
        for run in runs {
            let has_passed = run.is_completed()? && run.result()? == RunResult::Passed;
            if has_passed && jobs.is_none() {
                self.count_request()?;
                jobs = Some(list_jobs(self.repository, query).await?);
            }
            let passed_at = if has_passed {
                end_of(jobs.as_deref().unwrap_or_default(), run.attempt)
            } else {
                Err(run.ending_in_words().to_owned())
            };
            attempts.push(WorkflowAttempt {
                id: format!("{}/{}", run.id, run.attempt),
                name: if run.attempt == 1 {
                    run.name()
                } else {
                    format!("{}, attempt {}", run.name(), run.attempt)
                },
                created_at: run.created_at,
                web_page: run.page(run.attempt),
                passed_at,
                commit: run.head_sha,
            });
        }
        Ok(attempts)
    }

    fn count_request(&mut self) -> anyhow::Result<()> {
        ensure!(
            self.remaining_requests > 0,
            "more earlier attempts and lists of jobs of {file} would have to be requested than `max_requests` in {table} \
             permits; raise it, or set a shorter window in [metrics] or a shorter `lookback` in {table}",
            file = self.file,
            table = self.table
        );
        self.remaining_requests -= 1;
        Ok(())
    }
}

/// The end of the last job of an attempt.
fn end_of(jobs: &[Job], attempt: u32) -> Result<SystemTime, String> {
    let of_attempt = jobs.iter().filter(|job| job.run_attempt.unwrap_or(1) == attempt);
    let end = of_attempt.filter_map(|job| job.completed_at).max();
    end.ok_or_else(|| "it passed, but GitHub no longer has its jobs, so its end is unknown".to_owned())
}
