//! The branches of a repository, with the commits that they point to.

use std::{collections::BTreeMap, sync::Arc, time::SystemTime};

use anyhow::{Context as _, bail};
use serde::Deserialize;
use system_health_registry::{Context, FromContext, Scope, Unavailable};

use crate::github::{GitHubRepository, GitTimestamp, NextPage, PageInfo, Permission, no_data_without};

/// The number of branches on a page: the maximum that GitHub allows.
const PAGE_SIZE: u32 = 100;
/// Maximum number of times that the list is read, if branches seem to be missing.
const MAX_PASSES: u32 = 2;

const BRANCHES: &str = "
query Branches($owner: String!, $name: String!, $first: Int!, $after: String) {
  rateLimit { cost }
  repository(owner: $owner, name: $name) {
    url
    defaultBranchRef { name }
    refs(refPrefix: \"refs/heads/\", first: $first, after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes { name target { ... on Commit { oid committedDate } } }
    }
  }
}";

/// The branches of a repository.
#[derive(Debug, Clone)]
pub struct Branches {
    /// The web page that lists the branches.
    pub(super) web_page: String,
    pub(super) default_branch: Option<String>,
    /// The commit that each branch points to, by the name of the branch.
    pub(super) tips: Arc<BTreeMap<String, Tip>>,
}

/// The commit that a branch points to.
#[derive(Debug, Clone)]
pub(super) struct Tip {
    pub(super) id: String,
    pub(super) committed_at: SystemTime,
}

#[derive(Debug, Deserialize)]
struct BranchesResponse {
    repository: RepositoryResponse,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RepositoryResponse {
    url: String,
    #[serde(deserialize_with = "Option::deserialize")]
    default_branch_ref: Option<Named>,
    refs: RefsResponse,
}

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RefsResponse {
    total_count: usize,
    page_info: PageInfo,
    nodes: Vec<RefResponse>,
}

#[derive(Debug, Deserialize)]
struct RefResponse {
    name: String,
    target: TargetResponse,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TargetResponse {
    oid: String,
    committed_date: GitTimestamp,
}

impl FromContext for Branches {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let repository = context.get::<GitHubRepository>().await?;
        let read = read(&repository).await;
        read.with_context(|| format!("cannot list the branches of {}", repository.name()))
            .map_err(|error| no_data_without(Permission::Contents, repository.name(), error))
    }
}

/// Reads all branches. If a branch is deleted while the list is read, the branches after it move forward, and one of them may
/// be on no page that is read. So the list is read again if GitHub counted more branches on any page than it listed in total. The
/// count on the last page is not enough: it no longer contains the deleted branch, which was listed instead of the missing one.
async fn read(repository: &GitHubRepository) -> anyhow::Result<Branches> {
    let max_items = repository.github().max_items();
    let (mut listed_count, mut page_size) = (0, PAGE_SIZE);
    for _ in 0..MAX_PASSES {
        let (mut listed, mut max_count) = (BTreeMap::new(), 0);
        let mut next = Some(NextPage::FIRST);
        while let Some(page) = next {
            let response =
                repository.query_page::<BranchesResponse>(BRANCHES, &page, &mut page_size).await?.repository;
            let RefsResponse { total_count, page_info, nodes } = response.refs;
            max_count = max_count.max(total_count);
            listed.extend(nodes.into_iter().map(RefResponse::into_branch));
            if listed.len() > max_items {
                bail!("there are more than {max_items} branches; raise `max_pages` in [github]");
            }
            next = page_info.next(Some(&page))?;
            if next.is_none() && listed.len() >= max_count {
                let default_branch = response.default_branch_ref.map(|branch| branch.name);
                let web_page = format!("{}/branches/all", response.url);
                return Ok(Branches { web_page, default_branch, tips: Arc::new(listed) });
            }
        }
        listed_count = listed.len();
    }
    bail!("GitHub counts more branches than the {listed_count} that it listed")
}

impl RefResponse {
    fn into_branch(self) -> (String, Tip) {
        let Self { name, target } = self;
        (name, Tip { id: target.oid, committed_at: target.committed_date.0 })
    }
}
