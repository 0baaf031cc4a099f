//! The commits of a branch, from GitHub's list of commits.
//!
//! GitHub's parameter `since` is not used. With it, the list may end at the first old commit, as the output of
//! `git log --since` does, and the response does not show whether newer commits would follow. Without `since`, the list
//! starts with the tip of the branch, and the commits' parents show which commits landed on the branch itself.

use std::{collections::HashMap, time::SystemTime};

use anyhow::{Context as _, anyhow, bail};
use http::StatusCode;
use system_health_registry::{Context, Unavailable};

use super::{GitHubRepository, WatchedBranch, commit::CommitResponse};
use crate::{
    commits::{BranchHistory, HistoryRange, Walk},
    github::{Cause, GitHubError, Pages, Permission, no_data_without},
};

impl GitHubRepository {
    /// The commits of the watched branch in a range.
    pub(crate) async fn history(
        &self,
        context: &Context,
        range: &HistoryRange,
    ) -> Result<BranchHistory, Unavailable> {
        let WatchedBranch(branch) = context.get().await?;
        let reader = Reader { repository: self, branch: branch.as_str() };
        let result = if range.is_first_parent() {
            reader.first_parents(range).await
        } else {
            reader.all_commits(range).await
        };
        result.map_err(|error| {
            if is_empty_repository(&error) {
                return Unavailable::no_data(format!("{} has no commits yet", self.name()));
            }
            let error =
                error.context(format!("cannot list the commits on the branch `{branch}` of {}", self.name()));
            no_data_without(Permission::Contents, self.name(), error)
        })
    }
}

struct Reader<'a> {
    repository: &'a GitHubRepository,
    branch: &'a str,
}

impl Reader<'_> {
    /// Follows the first parents from the tip.
    ///
    /// If a parent is not on the page, the next list is requested from this parent, and begins with it. So each request
    /// makes progress, whatever the dates are, and even if somebody pushes in the meantime.
    async fn first_parents(&self, range: &HistoryRange) -> anyhow::Result<BranchHistory> {
        let mut end = range.walk_end();
        let mut history = self.empty_history();
        let mut start = self.branch.to_owned();
        for _ in 0..self.repository.github().max_pages() {
            let list = self.pages(&start).next().await?.unwrap_or_default();
            let first = list.first().with_context(|| format!("GitHub lists no commit at `{start}`"))?;
            if start != self.branch && first.sha() != start {
                bail!("GitHub's list of the commits from {start} on starts with {}", first.sha());
            }
            history.web_page = history.web_page.or_else(|| first.commits_page(self.branch));
            let mut next = Some(first.sha().to_owned());
            let mut listed: HashMap<_, _> =
                list.into_iter().map(|commit| (commit.sha().to_owned(), commit)).collect();
            while let Some(commit) = next.as_ref().and_then(|sha| listed.remove(sha)) {
                let committed_at = commit.committed_at()?;
                if end.should_stop_at(committed_at) {
                    return Ok(history);
                }
                next = commit.first_parent().map(str::to_owned);
                add(&mut history, commit, committed_at, range);
            }
            match next {
                Some(parent) => start = parent,
                None => return Ok(history),
            }
        }
        let too_long = anyhow!(
            "the window has more pages of commits than `max_pages` in [github] allows ({}) and would be cut off; raise \
             `max_pages`",
            self.repository.github().max_pages()
        );
        if !range.is_backfill() {
            return Err(too_long);
        }
        // The commits are complete for the instants whose windows do not reach further back.
        history.walk.cutoff_reason = Some(too_long.into());
        Ok(history)
    }

    /// Reads the list of all commits, which begins with the newest. A commit with a wrong date may be at another place.
    ///
    /// The other pages are requested from the tip on the first page. If they were requested from the branch, a force push
    /// between two requests could move commits from an unread page to a page that was already read.
    async fn all_commits(&self, range: &HistoryRange) -> anyhow::Result<BranchHistory> {
        let mut end = range.walk_end();
        let mut history = self.empty_history();
        let mut pages = self.pages(self.branch);
        let mut is_first = true;
        loop {
            let list = match pages.next().await {
                Ok(Some(list)) => list,
                Ok(None) => break,
                Err(error) if range.is_backfill() && matches!(error.cause(), Cause::TooManyPages(_)) => {
                    history.walk.cutoff_reason = Some(error.into());
                    break;
                }
                Err(error) => return Err(error.into()),
            };
            if std::mem::take(&mut is_first)
                && let Some(tip) = list.first()
            {
                pages.replace_parameter("sha", tip.sha());
            }
            for commit in list {
                let committed_at = commit.committed_at()?;
                if end.should_stop_at(committed_at) {
                    return Ok(history);
                }
                history.web_page = history.web_page.or_else(|| commit.commits_page(self.branch));
                add(&mut history, commit, committed_at, range);
            }
        }
        Ok(history)
    }

    /// See <https://docs.github.com/en/rest/commits/commits#list-commits>.
    fn pages(&self, start: &str) -> Pages<Vec<CommitResponse>> {
        self.repository.pages(&["commits"], &[("sha", start), ("per_page", "100")])
    }

    fn empty_history(&self) -> BranchHistory {
        let (branch, walk) = (self.branch.to_owned(), Walk::default());
        BranchHistory { branch, commits: Vec::new(), web_page: None, walk }
    }
}

/// Adds a visited commit if it is in the range. For a backfill, all visited commits are added.
fn add(history: &mut BranchHistory, commit: CommitResponse, committed_at: SystemTime, range: &HistoryRange) {
    if range.is_backfill() {
        history.walk.visit(commit.sha(), commit.parents().map(str::to_owned).collect());
    }
    if range.is_backfill() || range.contains(committed_at) {
        history.commits.push(commit.into_commit(committed_at));
    }
}

/// GitHub answers 409 if a repository is empty.
fn is_empty_repository(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<GitHubError>();
    error.is_some_and(|error| error.status() == Some(StatusCode::CONFLICT))
}
