//! The commits of a branch, as GitHub lists them.
//!
//! GitHub's parameter `since` is not used. Like `git log --since`, it may stop at the first old commit,
//! and nothing in its answer says so. Without it, the list starts with the tip of the branch, and the
//! parents in it show which commits landed on the branch itself.

use std::collections::HashMap;

use anyhow::{Context as _, bail};
use http::StatusCode;
use system_health_registry::Unavailable;

use super::{Commit, Window, commit::GitHubCommit};
use crate::{
    github::{GitHubRepository, Pages},
    repository::Branch,
};

/// What was read of a branch.
#[derive(Debug)]
pub(super) struct Listing {
    /// The commits of the window, newest first by their place in the history.
    pub(super) commits: Vec<Commit>,
    /// The page that lists the commits of the branch.
    pub(super) page: Option<String>,
}

/// Reads a branch from its tip until the window is behind.
pub(super) async fn read(
    repository: &GitHubRepository,
    branch: &Branch,
    window: &Window,
) -> Result<Listing, Unavailable> {
    let reader = Reader { repository, branch: branch.as_str() };
    let result =
        if window.is_first_parent() { reader.first_parents(window).await } else { reader.all(window).await };
    result.map_err(|error| {
        if is_empty_repository(&error) {
            return Unavailable::no_data(format!("{} has no commits yet", repository.name()));
        }
        let name = repository.name();
        error.context(format!("cannot list the commits on the branch `{branch}` of {name}")).into()
    })
}

struct Reader<'a> {
    repository: &'a GitHubRepository,
    branch: &'a str,
}

impl Reader<'_> {
    /// Follows the first parents from the tip.
    ///
    /// A parent that a page does not hold starts the next page: it is the first commit of its own list.
    /// So each request brings the walk forward, whatever the dates are and whoever pushes meanwhile.
    async fn first_parents(&self, window: &Window) -> anyhow::Result<Listing> {
        let mut end = window.walk_end();
        let mut listing = Listing { commits: Vec::new(), page: None };
        let mut start = self.branch.to_owned();
        for _ in 0..self.repository.github().max_pages() {
            let list = self.pages(&start).next().await?.unwrap_or_default();
            let first = list.first().with_context(|| format!("GitHub lists no commit at `{start}`"))?;
            if start != self.branch && first.sha() != start {
                bail!("GitHub's list of the commits from {start} on starts with {}", first.sha());
            }
            listing.page = listing.page.or_else(|| first.page_of_branch(self.branch));
            let mut next = Some(first.sha().to_owned());
            let mut listed: HashMap<_, _> =
                list.into_iter().map(|commit| (commit.sha().to_owned(), commit)).collect();
            while let Some(commit) = next.as_ref().and_then(|sha| listed.remove(sha)) {
                let committed_at = commit.committed_at()?;
                if end.is_reached(committed_at) {
                    return Ok(listing);
                }
                next = commit.first_parent().map(str::to_owned);
                if window.contains(committed_at) {
                    listing.commits.push(commit.into_commit(committed_at));
                }
            }
            match next {
                Some(parent) => start = parent,
                None => return Ok(listing),
            }
        }
        bail!(
            "the window holds more than {} pages of commits and would be cut off; raise `max_pages` in [github]",
            self.repository.github().max_pages()
        )
    }

    /// Reads the whole list, in which a commit comes after all newer ones that are not its ancestors.
    async fn all(&self, window: &Window) -> anyhow::Result<Listing> {
        let mut end = window.walk_end();
        let mut listing = Listing { commits: Vec::new(), page: None };
        let mut pages = self.pages(self.branch);
        while let Some(list) = pages.next().await? {
            for commit in list {
                let committed_at = commit.committed_at()?;
                if end.is_reached(committed_at) {
                    return Ok(listing);
                }
                listing.page = listing.page.or_else(|| commit.page_of_branch(self.branch));
                if window.contains(committed_at) {
                    listing.commits.push(commit.into_commit(committed_at));
                }
            }
        }
        Ok(listing)
    }

    /// See <https://docs.github.com/en/rest/commits/commits#list-commits>.
    fn pages(&self, start: &str) -> Pages<Vec<GitHubCommit>> {
        self.repository.pages(&["commits"], &[("sha", start), ("per_page", "100")])
    }
}

/// GitHub says with this status that a repository is empty.
fn is_empty_repository(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<crate::github::GitHubError>();
    error.is_some_and(|error| error.status() == Some(StatusCode::CONFLICT))
}
