//! The jobs of the run that decides, and what they say together.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use serde::Deserialize;
use system_health_registry::{Context, FromContext, Unavailable};

use super::DecidedRun;
use crate::github::GitHub;

/// The jobs of the run, in their latest attempt, all of them.
#[derive(Debug, Clone)]
pub struct RunJobs(Arc<[Job]>);

/// A job of a run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Job {
    /// Its name as GitHub shows it, with the values of the matrix: `test (ubuntu)`.
    pub name: String,
    /// How it ended, such as `success`; nothing while it runs.
    #[serde(deserialize_with = "Option::deserialize")]
    pub conclusion: Option<String>,
}

/// See <https://docs.github.com/en/rest/actions/workflow-jobs#list-jobs-for-a-workflow-run>.
#[derive(Debug, Deserialize)]
struct JobsPage {
    total_count: usize,
    jobs: Vec<Job>,
}

/// What a job says about the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Fine,
    Failed,
    /// It was cancelled, or is being run again.
    Undecided,
}

impl RunJobs {
    /// Takes jobs from any place, for tests.
    pub fn new(jobs: impl IntoIterator<Item = Job>) -> Self {
        Self(jobs.into_iter().collect())
    }

    /// The jobs, in GitHub's order.
    #[must_use]
    pub fn jobs(&self) -> &[Job] {
        &self.0
    }

    /// Whether the tests pass, given the jobs that must be there and how the run ended.
    ///
    /// - Without any job, or without a required one: an error.
    /// - A required job was cancelled: no data.
    /// - Any job failed or timed out: no.
    /// - Any other job was cancelled: no data.
    /// - The run failed and none of its jobs did: an error; something failed that is no job.
    /// - Otherwise: yes.
    pub fn pass(&self, required: &[String], run: &DecidedRun) -> Result<bool, Unavailable> {
        let jobs = self.verdicts().with_context(|| format!("cannot judge run {}", run.id))?;
        if jobs.is_empty() {
            return Err(format!("run {} ({}) has no jobs", run.id, run.conclusion).into());
        }
        let missing: Vec<&str> = required
            .iter()
            .map(String::as_str)
            .filter(|name| jobs.iter().all(|(job, _)| job.name != *name))
            .collect();
        if !missing.is_empty() {
            let there: Vec<&str> = self.0.iter().map(|job| job.name.as_str()).collect();
            return Err(format!(
                "run {} has no job `{}`, which `required_jobs` in [ci] wants; its jobs are `{}`",
                run.id,
                missing.join("`, `"),
                there.join("`, `")
            )
            .into());
        }
        let undecided =
            jobs.iter().filter(|(_, verdict)| *verdict == Verdict::Undecided).map(|(job, _)| *job);
        if let Some(job) = undecided.clone().find(|job| required.contains(&job.name)) {
            return Err(no_result(job, "the required job", run));
        }
        if jobs.iter().any(|(_, verdict)| *verdict == Verdict::Failed) {
            return Ok(false);
        }
        if let Some(job) = undecided.clone().next() {
            return Err(no_result(job, "the job", run));
        }
        if run.conclusion != "success" {
            return Err(
                format!("run {} ended with {}, but none of its jobs failed", run.id, run.conclusion).into()
            );
        }
        Ok(true)
    }

    fn verdicts(&self) -> anyhow::Result<Vec<(&Job, Verdict)>> {
        self.0.iter().map(|job| Ok((job, job.verdict()?))).collect()
    }
}

impl Job {
    fn verdict(&self) -> anyhow::Result<Verdict> {
        match self.conclusion.as_deref() {
            Some("failure" | "timed_out") => Ok(Verdict::Failed),
            Some("cancelled") | None => Ok(Verdict::Undecided),
            Some("success" | "skipped" | "neutral" | "action_required") => Ok(Verdict::Fine),
            Some(unknown) => bail!("the job `{}` has the unknown conclusion `{unknown}`", self.name),
        }
    }
}

impl FromContext for RunJobs {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let github = context.get::<GitHub>().await?;
        let DecidedRun { id, repository, .. } = context.get().await?;
        let id = id.to_string();
        let path = ["repos", repository.owner(), repository.name(), "actions", "runs", &id, "jobs"];
        let pages: Vec<JobsPage> = github
            .pages(&path, &[("filter", "latest"), ("per_page", "100")])
            .all()
            .await
            .with_context(|| format!("cannot list the jobs of run {id} in {repository}"))?;
        let expected = pages.last().map_or(0, |page| page.total_count);
        let jobs: Vec<Job> = pages.into_iter().flat_map(|page| page.jobs).collect();
        if jobs.len() != expected {
            return Err(format!(
                "GitHub listed {} of the {expected} jobs of run {id} in {repository}",
                jobs.len()
            )
            .into());
        }
        Ok(Self::new(jobs))
    }
}

fn no_result(job: &Job, what: &str, run: &DecidedRun) -> Unavailable {
    let state = if job.conclusion.is_some() { "was cancelled" } else { "is being run again" };
    Unavailable::no_data(format!("{what} `{}` of run {} {state}", job.name, run.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Judges jobs written as `name=conclusion`, the names with a `!` being required.
    fn judge(conclusion: &str, jobs: &[&str], required: &[&str]) -> String {
        let jobs = jobs.iter().map(|job| {
            let (name, conclusion) = job.split_once('=').unwrap();
            Job { name: name.into(), conclusion: (!conclusion.is_empty()).then(|| conclusion.into()) }
        });
        let run = DecidedRun {
            id: 7,
            conclusion: conclusion.into(),
            repository: "acme/app".parse().unwrap(),
            branch: "main".to_owned().try_into().unwrap(),
            workflow: "checks.yml".into(),
            page: None,
        };
        let required: Vec<String> = required.iter().map(ToString::to_string).collect();
        match RunJobs::new(jobs).pass(&required, &run) {
            Ok(pass) => if pass { "1" } else { "0" }.to_owned(),
            Err(Unavailable::NoData(reason)) => format!("no data: {reason}"),
            Err(Unavailable::Error(error)) => format!("error: {error}"),
        }
    }

    #[test]
    fn jobs_decide_together() {
        for (conclusion, jobs, required, expected) in [
            ("success", &["test=success", "lint=success"][..], &[][..], "1"),
            ("success", &["test=success", "deploy=skipped", "info=neutral"], &["test"], "1"),
            ("success", &["test=skipped"], &["test"], "1"),
            ("failure", &["test=failure", "lint=success"], &[], "0"),
            ("failure", &["test=success", "lint=timed_out"], &["test"], "0"),
            ("success", &["test=success", "flaky=failure"], &[], "0"),
            ("failure", &["test=failure", "lint=cancelled"], &["test"], "0"),
            (
                "failure",
                &["test=cancelled", "lint=failure"],
                &["test"],
                "no data: the required job `test` of run 7 was cancelled",
            ),
            (
                "failure",
                &["test=success", "lint=cancelled"],
                &["test"],
                "no data: the job `lint` of run 7 was cancelled",
            ),
            (
                "success",
                &["test=", "lint=success"],
                &[],
                "no data: the job `test` of run 7 is being run again",
            ),
            ("success", &["test=", "lint=failure"], &[], "0"),
            ("startup_failure", &[], &["test"], "error: run 7 (startup_failure) has no jobs"),
            (
                "failure",
                &["lint=failure", "Test=success"],
                &["lint", "test"],
                "error: run 7 has no job `test`, which `required_jobs` in [ci] wants; its jobs are `lint`, `Test`",
            ),
            (
                "timed_out",
                &["test=success"],
                &[],
                "error: run 7 ended with timed_out, but none of its jobs failed",
            ),
            (
                "success",
                &["test=exploded"],
                &[],
                "error: cannot judge run 7: the job `test` has the unknown conclusion `exploded`",
            ),
        ] {
            assert_eq!(judge(conclusion, jobs, required), expected, "{conclusion} {jobs:?} {required:?}");
        }
    }
}
