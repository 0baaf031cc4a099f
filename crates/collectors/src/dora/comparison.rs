//! The commits that one commit has and another has not, from GitHub's comparison of both.

use std::collections::{HashMap, HashSet};

use anyhow::{Context as _, bail, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use http::StatusCode;
use serde::Deserialize;

use super::{
    RepositoryDora,
    change::{Change, set_landing},
};
use crate::github::{Cause, GitHubError, GitHubRepository, GitTimestamp};

/// Maximum number of comparisons that are read concurrently.
const CONCURRENT_COMPARISONS: usize = 8;

/// How the new commit is related to the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Relation {
    /// It is a descendant of the old one.
    Ahead,
    /// It is an ancestor of the old one.
    Behind,
    /// Each has commits that the other has not.
    Diverged,
    Identical,
}

/// The difference of two commits.
#[derive(Debug, Clone)]
pub(super) struct Comparison {
    pub(super) relation: Relation,
    /// The commits that only the new one has.
    pub(super) changes: Vec<Change>,
}

/// The comparisons of a repository's commits, each read once.
#[derive(Debug)]
pub(super) struct Comparisons<'a> {
    repository: &'a GitHubRepository,
    settings: &'a RepositoryDora,
    known: HashMap<(String, String), Option<Comparison>>,
}

/// See <https://docs.github.com/en/rest/commits/commits#compare-two-commits>.
#[derive(Debug, Deserialize)]
struct ComparisonPage {
    status: Relation,
    total_commits: usize,
    commits: Vec<CommitResponse>,
}

#[derive(Debug, Deserialize)]
struct CommitResponse {
    sha: String,
    node_id: String,
    #[serde(default)]
    html_url: Option<String>,
    commit: CommitDetails,
    parents: Vec<ParentResponse>,
}

#[derive(Debug, Deserialize)]
struct ParentResponse {
    sha: String,
}

#[derive(Debug, Deserialize)]
struct CommitDetails {
    message: String,
    author: Option<PersonResponse>,
    committer: Option<PersonResponse>,
}

#[derive(Debug, Deserialize)]
struct PersonResponse {
    #[serde(default)]
    date: Option<GitTimestamp>,
}

impl<'a> Comparisons<'a> {
    /// Starts without comparisons. The setting `max_requests` limits how many can be read.
    pub(super) fn new(repository: &'a GitHubRepository, settings: &'a RepositoryDora) -> Self {
        Self { repository, settings, known: HashMap::new() }
    }

    /// Reads comparisons of old and new commits concurrently.
    pub(super) async fn read(&mut self, mut pairs: HashSet<(String, String)>) -> anyhow::Result<()> {
        pairs.retain(|pair| !self.known.contains_key(pair));
        let needed = self.known.len() + pairs.len();
        ensure!(
            needed <= self.settings.max_requests,
            "{needed} comparisons of deployments of {} would have to be requested; set a shorter window in [metrics], or \
             raise `max_requests` ({} now) in {}",
            self.repository.name(),
            self.settings.max_requests,
            self.settings.table()
        );
        let repository = self.repository;
        let read: Vec<_> = stream::iter(pairs)
            .map(|(old, new)| async move {
                let comparison = compare(repository, &old, &new).await?;
                anyhow::Ok(((old, new), comparison))
            })
            .buffer_unordered(CONCURRENT_COMPARISONS)
            .try_collect()
            .await?;
        self.known.extend(read);
        Ok(())
    }

    /// The comparison of two commits. `None` as for [`compare`].
    pub(super) async fn get(&mut self, old: &str, new: &str) -> anyhow::Result<Option<Comparison>> {
        let pair = (old.to_owned(), new.to_owned());
        if !self.known.contains_key(&pair) {
            self.read(HashSet::from([pair.clone()])).await?;
        }
        Ok(self.known.get(&pair).cloned().flatten())
    }
}

/// Compares two commits or branches. `None` if GitHub no longer has one of them, or if they have no common ancestor.
pub(super) async fn compare(
    repository: &GitHubRepository,
    old: &str,
    new: &str,
) -> anyhow::Result<Option<Comparison>> {
    let failed = || format!("cannot compare {old} with {new} in {}", repository.name());
    let range = format!("{old}...{new}");
    let pages = repository.pages::<ComparisonPage>(&["compare", &range], &[("per_page", "100")]).all().await;
    let pages = match pages {
        Err(error) if is_missing(&error) => return Ok(None),
        pages => pages.with_context(failed)?,
    };
    let Some(first) = pages.first() else { return Ok(None) };
    let (relation, total) = (first.status, first.total_commits);
    let mut changes = Vec::new();
    for commit in pages.into_iter().flat_map(|page| page.commits) {
        changes.push(commit.into_change().with_context(failed)?);
    }
    if changes.len() != total {
        bail!("{}: GitHub listed {} of the {total} commits", failed(), changes.len());
    }
    // The last commit in GitHub's list is the new one.
    if let Some(head) = changes.last().map(|head| head.id.clone()) {
        set_landing(&mut changes, &head);
    }
    Ok(Some(Comparison { relation, changes }))
}

fn is_missing(error: &GitHubError) -> bool {
    error.status() == Some(StatusCode::NOT_FOUND) && !matches!(error.cause(), Cause::NoPermission { .. })
}

impl CommitResponse {
    fn into_change(self) -> anyhow::Result<Change> {
        let date = |person: Option<PersonResponse>| person.and_then(|person| person.date).map(|date| date.0);
        let committed_at = date(self.commit.committer);
        let authored_at = date(self.commit.author).or(committed_at);
        let dates = authored_at.zip(committed_at.or(authored_at));
        let (authored_at, committed_at) =
            dates.with_context(|| format!("GitHub gave no date for commit {}", self.sha))?;
        Ok(Change {
            id: self.sha,
            node_id: self.node_id,
            message: self.commit.message,
            parents: self.parents.into_iter().map(|parent| parent.sha).collect(),
            authored_at,
            landed_at: committed_at,
            is_first_parent: false,
            squashed: None,
            labels: Vec::new(),
            web_page: self.html_url,
        })
    }
}
