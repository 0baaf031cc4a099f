//! The commits of the window, fetched once a run for all metrics over them.

use std::{
    collections::HashSet,
    fmt,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, anyhow};
use http::StatusCode;
use system_health_registry::{Context, FromContext, Sample, SampleError, Unavailable};

use super::{Commit, CommitSettings, CommitSource, Patterns, commit::GitHubCommit};
use crate::{
    github::{GitHub, WatchedBranch},
    local_clone::LocalClone,
    page,
    repository::{Repository, RepositorySettings},
};

/// Every commit of a branch within the window that the settings say, and where they were read.
#[derive(Debug, Clone)]
pub struct RecentCommits {
    origin: Arc<CommitsOrigin>,
    commits: Arc<[Commit]>,
}

/// Where commits were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitsOrigin {
    /// Whether they were read in the local clone and not on GitHub.
    pub is_local: bool,
    /// The repository, such as `rust-lang/rust`; for a clone that nobody named, perhaps its folder.
    pub repository: String,
    /// The branch, or `HEAD` for a clone where a commit is checked out without one.
    pub branch: String,
    /// The page that lists the branch's commits, where GitHub named one.
    pub page: Option<String>,
}

impl RecentCommits {
    /// Takes commits from any place, for tests and for other sources.
    pub fn new(origin: CommitsOrigin, commits: impl IntoIterator<Item = Commit>) -> Self {
        let mut seen = HashSet::new();
        // A list that grows while its pages are read shows a commit on two of them.
        let commits = commits.into_iter().filter(|commit| seen.insert(commit.id.clone())).collect();
        Self { origin: Arc::new(origin), commits }
    }

    /// Where the commits were read.
    #[must_use]
    pub fn origin(&self) -> &CommitsOrigin {
        &self.origin
    }

    /// The commits, each once.
    #[must_use]
    pub fn commits(&self) -> &[Commit] {
        &self.commits
    }

    /// How many commits match, as a sample with the tags `repository` and `branch`, and a link to the
    /// list of commits where there is one.
    #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 commits")]
    pub fn count(&self, patterns: &Patterns) -> Result<Sample, SampleError> {
        let count = self.commits.iter().filter(|commit| patterns.match_commit(commit)).count();
        let sample = Sample::new(count as f64)?
            .with_tag("repository", &self.origin.repository)?
            .with_tag("branch", &self.origin.branch)?;
        Ok(page::linked(sample, self.origin.page.as_deref()))
    }
}

impl FromContext for RecentCommits {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let window = context.get::<CommitSettings>().await?.window;
        let since =
            context.started_at().checked_sub(window).map_or(UNIX_EPOCH, |since| since.max(UNIX_EPOCH));
        let recent = match context.get::<CommitSource>().await? {
            CommitSource::GitHub(github, repository) => {
                on_github(&github, &repository, &context.get().await?, since).await?
            }
            CommitSource::LocalClone(clone) => in_clone(&clone, context.get().await?, since).await?,
        };
        tracing::info!(target: "system_health", "commits: {}", recent.origin);
        Ok(recent)
    }
}

/// See <https://docs.github.com/en/rest/commits/commits#list-commits>.
async fn on_github(
    github: &GitHub,
    repository: &Repository,
    WatchedBranch(branch): &WatchedBranch,
    since: SystemTime,
) -> Result<RecentCommits, Unavailable> {
    let path = ["repos", repository.owner(), repository.name(), "commits"];
    let since = humantime::format_rfc3339_seconds(since).to_string();
    let query = [("sha", branch.as_str()), ("since", &since), ("per_page", "100")];
    let pages = match github.pages::<Vec<GitHubCommit>>(&path, &query).all().await {
        Ok(pages) => pages,
        // How GitHub says that a repository is empty.
        Err(error) if error.status() == Some(StatusCode::CONFLICT) => {
            return Err(Unavailable::no_data(format!("{repository} has no commits yet")));
        }
        Err(error) => {
            return Err(anyhow!(error)
                .context(format!("cannot list the commits on the branch `{branch}` of {repository}"))
                .into());
        }
    };
    let origin = CommitsOrigin {
        is_local: false,
        repository: repository.to_string(),
        branch: branch.to_string(),
        page: pages.iter().flatten().find_map(|commit| commit.page_of_branch(branch.as_str())),
    };
    Ok(RecentCommits::new(origin, pages.into_iter().flatten().map(Commit::from)))
}

async fn in_clone(
    clone: &LocalClone,
    settings: RepositorySettings,
    since: SystemTime,
) -> Result<RecentCommits, Unavailable> {
    let since = since.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let since = i64::try_from(since).context("the window starts at an impossible time")?;
    let history = clone.history(settings.branch, since).await?;
    let repository = settings.name.map_or_else(|| clone.name().to_owned(), |name| name.to_string());
    let origin = CommitsOrigin { is_local: true, repository, branch: history.branch, page: None };
    Ok(RecentCommits::new(origin, history.commits))
}

impl fmt::Display for CommitsOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.is_local { "the local clone of" } else { "GitHub," };
        write!(f, "from {place} {} (branch {})", self.repository, self.branch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> CommitsOrigin {
        CommitsOrigin { is_local: false, repository: "acme/shop".into(), branch: "main".into(), page: None }
    }

    #[test]
    fn a_commit_that_is_listed_twice_counts_once() {
        let commit = |id: &str| Commit {
            id: id.into(),
            message: "hotfix".into(),
            committed_at: SystemTime::UNIX_EPOCH,
        };
        let recent = RecentCommits::new(origin(), ["a", "b", "b", "c"].map(commit));

        let sample = recent.count(&Patterns::hotfix()).unwrap();

        let tags: Vec<_> = sample.tags().iter().map(ToString::to_string).collect();
        assert_eq!(
            (sample.value().to_string(), tags.join(" ")),
            ("3".into(), "branch:main repository:acme/shop".into())
        );
    }

    #[test]
    fn the_origin_is_said_in_a_line() {
        assert_eq!(origin().to_string(), "from GitHub, acme/shop (branch main)");
        let local = CommitsOrigin { is_local: true, ..origin() };
        assert_eq!(local.to_string(), "from the local clone of acme/shop (branch main)");
    }
}
