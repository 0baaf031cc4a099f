//! The metrics about recent commits. The client for GitHub limits the time of each request. The long timeout of the
//! metrics lets it wait for rate limits until the run's deadline.

use system_health_registry::{Sample, SampleError, system_health_metric};

use super::{CommitSettings, RecentCommits};
use crate::repository::Repository;

#[cfg(feature = "github")]
crate::github_access!("commits.*", Rest, [Contents]);

/// Hotfixes that landed on the branch within the window (7 days by default).
#[system_health_metric(
    key = "commits.hotfix",
    each = Repository,
    unit = "commit",
    goal = "< 5",
    recovery = "3",
    timeout = "1h",
    requests = 1
)]
pub fn hotfix_commits(commits: RecentCommits, settings: CommitSettings) -> Result<Sample, SampleError> {
    commits.count(&settings.hotfix, "a hotfix")
}

/// Commits that landed on the branch within the window (7 days by default) and revert other commits.
#[system_health_metric(
    key = "commits.reverts",
    each = Repository,
    unit = "commit",
    goal = "< 5",
    recovery = "3",
    timeout = "1h",
    requests = 1
)]
pub fn revert_commits(commits: RecentCommits, settings: CommitSettings) -> Result<Sample, SampleError> {
    commits.count(&settings.reverts, "a revert")
}
