//! The runs as they were at a past instant, for a backfill.
//!
//! GitHub lists each run in its latest attempt. At an instant, an earlier attempt may have been the latest one, and it may not
//! have ended. If a run was re-run after the instant, its earlier attempts are requested. GitHub says when each job ended, but not
//! when the run ended. So the jobs are requested if the instant is between the start of the attempt and the last change of the
//! run.

use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::SystemTime,
};

use anyhow::{Context as _, anyhow};
use futures::{StreamExt, TryStreamExt, stream};
use system_health_registry::{Context, FromContext, Scope, Unavailable};

use super::{
    job_lists::JobLists, once_by_key::OnceByKey, recent_runs::RecentRuns, request_limit::ensure_within,
};
use crate::{
    ci::{CiSettings, job::Job, workflow_run::WorkflowRun},
    github::{GitHubRepository, Permission, no_data_without},
    repository::Repository,
};

/// Maximum number of runs whose past state is read concurrently.
const MAX_CONCURRENT: usize = 8;

/// The recent runs as they are now or, in a backfill, as they were at the instant.
#[derive(Debug, Clone)]
pub struct RunsAtInstant(RecentRuns);

/// The earlier attempts of runs, and the ends of attempts. They are requested once for all instants.
#[derive(Debug, Clone)]
pub(super) struct PastAttempts(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    on_github: GitHubRepository,
    jobs: JobLists,
    /// By the id of the run and the number of the attempt.
    earlier: OnceByKey<(u64, u32), WorkflowRun>,
    requested: AtomicUsize,
    limit: usize,
}

impl Deref for RunsAtInstant {
    type Target = RecentRuns;

    fn deref(&self) -> &RecentRuns {
        &self.0
    }
}

impl From<RecentRuns> for RunsAtInstant {
    fn from(now: RecentRuns) -> Self {
        Self(now)
    }
}

impl FromContext for RunsAtInstant {
    const SCOPE: Scope = Scope::Metric;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let recent = context.get::<RecentRuns>().await?;
        if context.instants().is_none() {
            return Ok(Self(recent));
        }
        let instant = context.started_at();
        recent.check_reaches(instant)?;
        let attempts = context.get::<PastAttempts>().await?;
        let runs = recent.branch_runs_until(instant);
        let runs = stream::iter(runs).map(|run| attempts.at(run, &recent, instant)).buffered(MAX_CONCURRENT);
        let runs: Vec<WorkflowRun> = runs.try_collect().await?;
        Ok(Self(recent.with_runs(runs)))
    }
}

impl PastAttempts {
    /// A run in the attempt that was the latest one at an instant, in progress if that attempt had not ended.
    async fn at(
        &self,
        latest: WorkflowRun,
        recent: &RecentRuns,
        instant: SystemTime,
    ) -> Result<WorkflowRun, Unavailable> {
        let mut run = latest.clone();
        while run.attempt > 1 && run.started_at() > instant {
            run = self.earlier(run.id, run.attempt - 1).await?;
        }
        let is_unchanged =
            run.attempt == latest.attempt && run.updated_at.is_some_and(|updated| updated <= instant);
        if is_unchanged || !run.is_completed()? || !recent.may_be_in_window(&run, instant) {
            return Ok(run);
        }
        if self.ended_at(&run, &latest).await? > instant {
            (run.status, run.conclusion) = (Some("in_progress".to_owned()), None);
        }
        Ok(run)
    }

    async fn earlier(&self, run: u64, attempt: u32) -> Result<WorkflowRun, Unavailable> {
        let request = async || {
            let requested = self.0.requested.fetch_add(1, Relaxed) + 1;
            ensure_within(requested, self.0.limit, "earlier attempts")?;
            let (id, number) = (run.to_string(), attempt.to_string());
            let on_github = &self.0.on_github;
            let found = on_github.get(&["actions", "runs", &id, "attempts", &number], &[]).await;
            let name = on_github.name();
            let found = found.with_context(|| format!("cannot read attempt {attempt} of run {id} in {name}"));
            found.map_err(|error| no_data_without(Permission::Actions, name, error))
        };
        self.0.earlier.get((run, attempt), request).await
    }

    /// When the last job of an attempt ended. `run` is the run in this attempt, and `latest` is the run in its latest attempt.
    async fn ended_at(&self, run: &WorkflowRun, latest: &WorkflowRun) -> Result<SystemTime, Unavailable> {
        let list = self.0.jobs.list(latest.into()).await?;
        let of_attempt = |job: &&Job| job.run_attempt.unwrap_or(1) == run.attempt;
        list.iter().filter(of_attempt).filter_map(|job| job.completed_at).max().ok_or_else(|| {
            let (attempt, name) = (run.attempt, run.name());
            let error = anyhow!(
                "GitHub lists no job of attempt {attempt} of {name} that has ended, so it is unknown whether this attempt \
                 had ended at the instant"
            );
            error.into()
        })
    }
}

impl FromContext for PastAttempts {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let settings = context.get::<Repository>().await?.ci_settings(&context.get::<CiSettings>().await?);
        Ok(Self(Arc::new(Inner {
            on_github: context.get().await?,
            jobs: context.get().await?,
            earlier: OnceByKey::default(),
            requested: AtomicUsize::new(0),
            limit: settings.max_run_requests as usize,
        })))
    }
}
