//! The commits that landed on the branch on GitHub, with their pull requests. They are read once for all metrics.

use std::{collections::HashMap, sync::Arc};

use system_health_registry::{Context, FromContext, Scope, Unavailable, Window, Windows};

use super::{
    how::{CommitPullRequest, Landing, landing},
    query,
};
use crate::{
    commits::{
        BranchHistory, Commit, CommitSettings, CommitSource, CommitsOrigin, HistoryChoice, HistoryRange,
        LabelNames, RecentCommits, commit_list::CommitList,
    },
    github::{GitHubRepository, Permission, no_data_without},
};

/// The commits that landed on the branch in the longest window of the metrics about commits, with their pull requests.
///
/// They are always the first parents, read on GitHub, even if `[commits]` says something else.
#[derive(Debug, Clone)]
pub struct LandedCommits {
    commits: RecentCommits,
    pull_requests: Arc<HashMap<String, Vec<CommitPullRequest>>>,
}

impl LandedCommits {
    /// The commits of a window, in the order of the branch.
    pub(super) fn within(&self, window: &Window) -> RecentCommits {
        let range = HistoryRange::new(window.start(), HistoryChoice::FirstParent);
        self.commits.within(&range)
    }

    /// How a commit landed.
    pub(in crate::commits) fn landing(&self, commit: &Commit) -> Landing<'_> {
        let pull_requests = self.pull_requests.get(&commit.id).map_or(&[][..], Vec::as_slice);
        landing(pull_requests, &self.commits.origin().branch)
    }

    /// For a commit, the number of a merged pull request with one of these labels, and this label.
    pub(in crate::commits) fn label(&self, commit: &Commit, names: &LabelNames) -> Option<(u64, &str)> {
        let branch = &self.commits.origin().branch;
        let merged = self.pull_requests.get(&commit.id)?.iter().filter(|one| one.may_have_landed_on(branch));
        merged
            .flat_map(|one| one.labels.iter().map(|label| (one.number, &**label)))
            .find(|(_, label)| names.contains(label))
    }
}

impl FromContext for LandedCommits {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let repository = context.get::<GitHubRepository>().await?;
        let settings = context.get::<CommitSettings>().await?;
        let commits = read(context, &repository, &settings).await?;
        let found = query::pull_requests(&repository, commits.commits(), settings.uses_labels()).await;
        let found =
            found.map_err(|error| no_data_without(Permission::PullRequests, repository.name(), error))?;
        Ok(Self { commits, pull_requests: Arc::new(found) })
    }
}

/// The landed commits. If the other metrics read the same ones, they are read once.
async fn read(
    context: &Context,
    repository: &GitHubRepository,
    settings: &CommitSettings,
) -> Result<RecentCommits, Unavailable> {
    let is_on_github = matches!(context.get::<CommitSource>().await, Ok(CommitSource::GitHub(_)));
    if is_on_github && settings.history == HistoryChoice::FirstParent {
        return Ok(context.get::<CommitList>().await?.all_commits());
    }
    let longest = context.get::<Windows>().await?.longest(&["commits.*"]);
    let range = HistoryRange::new(longest.start(), HistoryChoice::FirstParent);
    let BranchHistory { branch, commits, web_page: page, .. } = repository.history(context, &range).await?;
    let origin =
        CommitsOrigin { is_local: false, repository: repository.name().to_string(), branch, web_page: page };
    Ok(RecentCommits::new(origin, range.since(), commits))
}
