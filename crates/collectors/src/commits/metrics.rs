//! The metrics about recent commits. The client for GitHub limits the time of each request. The long timeout of the
//! metrics lets the client wait for rate limits until the run's deadline.

use system_health_registry::{Sample, SampleError, Unavailable, system_health_metric};

use super::{Commit, CommitLabels, CommitSettings, RecentCommits};
use crate::{github::GitHubSettings, repository::Repository};

/// Commits that landed on the branch within the window (7 days by default).
#[system_health_metric(
    key = "commits.landed",
    each = Repository,
    unit = "commit",
    aggregate = "sum",
    enabled = false,
    requests = 1,
    backfill = true,
    timeout = "1h"
)]
pub fn landed_commits(commits: RecentCommits) -> Result<Sample, SampleError> {
    commits.landed()
}

/// People who wrote the commits that landed on the branch within the window (7 days by default), without bots.
#[system_health_metric(
    key = "commits.active_authors",
    each = Repository,
    unit = "person",
    aggregate = "max",
    enabled = false,
    requests = 1,
    backfill = true,
    timeout = "1h"
)]
pub fn active_authors(commits: RecentCommits, github: GitHubSettings) -> Result<Sample, SampleError> {
    commits.authors(&github.bots)
}

/// Hotfixes that landed on the branch within the window (7 days by default).
#[system_health_metric(
    key = "commits.hotfix",
    each = Repository,
    unit = "commit",
    goal = "< 5",
    runbook = "https://github.com/system-health/system-health/blob/main/docs/runbooks/commits.hotfix.md",
    recovery = "3",
    timeout = "1h",
    requests = 1,
    backfill = true
)]
pub fn hotfix_commits(
    commits: RecentCommits,
    settings: CommitSettings,
    labels: CommitLabels,
) -> Result<Sample, Unavailable> {
    labels.check(&settings.hotfix_labels)?;
    let labelled = |commit: &Commit| labels.reason(commit, &settings.hotfix_labels);
    Ok(commits.count_labelled(&settings.hotfix, "a hotfix", labelled)?)
}

/// Commits that landed on the branch within the window (7 days by default) and revert other commits.
#[system_health_metric(
    key = "commits.reverts",
    each = Repository,
    unit = "commit",
    goal = "< 5",
    runbook = "https://github.com/system-health/system-health/blob/main/docs/runbooks/commits.reverts.md",
    recovery = "3",
    timeout = "1h",
    requests = 1,
    backfill = true
)]
pub fn revert_commits(
    commits: RecentCommits,
    settings: CommitSettings,
    labels: CommitLabels,
) -> Result<Sample, Unavailable> {
    labels.check(&settings.revert_labels)?;
    let labelled = |commit: &Commit| labels.reason(commit, &settings.revert_labels);
    Ok(commits.count_labelled(&settings.reverts, "a revert", labelled)?)
}
