//! Releases as deployments.
//!
//! GitHub lists releases in the order of their creation, but a release counts when it is published. It may have been a draft
//! for any time, so it may be on any page. GitHub marks a release as the latest one when it is published, unless somebody
//! decides otherwise. So the list is read at least to the latest release, if it was published in the window. The evidence
//! says which releases were not read.

use anyhow::bail;
use serde::Deserialize;
use system_health_registry::EvidenceItem;

use super::{
    deployment::{Deployment, DeploymentState},
    read_back::ReadBack,
};
use crate::{
    date::format_date,
    github::{Connection, GitHubRepository, NextPage, Timestamp},
};

/// The number of releases on a page. GitHub does not allow more.
const PAGE_SIZE: u32 = 100;

const RELEASES: &str = "
query Releases($owner: String!, $name: String!, $first: Int!, $after: String) {
  rateLimit { cost }
  repository(owner: $owner, name: $name) {
    latestRelease { id publishedAt }
    releases(first: $first, after: $after, orderBy: { field: CREATED_AT, direction: DESC }) {
      pageInfo { hasNextPage endCursor }
      nodes { id tagName isDraft isPrerelease createdAt publishedAt url tagCommit { oid } }
    }
  }
}";

#[derive(Debug, Deserialize)]
struct ReleasesResponse {
    repository: RepositoryResponse,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RepositoryResponse {
    #[serde(deserialize_with = "Option::deserialize")]
    latest_release: Option<LatestRelease>,
    releases: Connection<ReleaseResponse>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LatestRelease {
    id: String,
    #[serde(deserialize_with = "Option::deserialize")]
    published_at: Option<Timestamp>,
}

/// See <https://docs.github.com/en/graphql/reference/releases>.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReleaseResponse {
    id: String,
    tag_name: String,
    is_draft: bool,
    is_prerelease: bool,
    created_at: Timestamp,
    // A field with `Option::deserialize` may be null, but not missing. If a missing `published_at` were accepted, the release
    // would not count.
    #[serde(deserialize_with = "Option::deserialize")]
    published_at: Option<Timestamp>,
    url: String,
    #[serde(deserialize_with = "Option::deserialize")]
    tag_commit: Option<CommitId>,
}

#[derive(Debug, Deserialize)]
struct CommitId {
    oid: String,
}

/// The releases, the most recently created first, and evidence about older ones that were not read.
pub(super) async fn read(
    repository: &GitHubRepository,
    prereleases: bool,
    range: &ReadBack<'_>,
) -> anyhow::Result<(Vec<Deployment>, Option<EvidenceItem>)> {
    let max_items = repository.github().max_items();
    let (mut read, mut page_size) = (Vec::new(), PAGE_SIZE);
    let mut next = Some(NextPage::FIRST);
    while let Some(page) = next {
        let RepositoryResponse { latest_release, releases } =
            repository.query_page::<ReleasesResponse>(RELEASES, &page, &mut page_size).await?.repository;
        next = releases.page_info.next(Some(&page))?;
        let releases = releases.nodes.into_iter();
        read.extend(releases.map(|release| release.into_deployment(prereleases, range.table)));
        if range.is_enough(&read) && latest_release.is_none_or(|latest| latest.is_known(&read, range)) {
            break;
        }
        if read.len() > max_items {
            bail!("more than {max_items} releases would have to be read; raise `max_pages` in [github]");
        }
    }
    let unread = next.is_some().then(|| unread(&read, range)).flatten();
    Ok((read, unread))
}

/// The releases that were not read, as evidence.
fn unread(read: &[Deployment], range: &ReadBack<'_>) -> Option<EvidenceItem> {
    let oldest = format_date(read.last()?.created_at);
    let reason = format!(
        "they were not read; if a draft among them was published in the window, it is missing; see `lookback` in {}",
        range.table
    );
    Some(EvidenceItem::new(format!("releases created before {oldest}"), false, reason))
}

impl LatestRelease {
    /// Whether the latest release is among the releases that were read, or was published before the window.
    fn is_known(&self, read: &[Deployment], range: &ReadBack<'_>) -> bool {
        let is_early = self.published_at.is_some_and(|Timestamp(at)| at <= range.window_start);
        is_early || read.iter().any(|deployment| deployment.id == self.id)
    }
}

impl ReleaseResponse {
    fn into_deployment(self, prereleases: bool, table: &str) -> Deployment {
        let state = match self.published_at {
            _ if self.is_draft => DeploymentState::NotSuccessful("it is a draft".to_owned()),
            _ if self.is_prerelease && !prereleases => {
                DeploymentState::NotSuccessful(format!("it is a prerelease; see `prereleases` in {table}"))
            }
            Some(Timestamp(at)) => DeploymentState::Succeeded(at),
            None => DeploymentState::NotSuccessful("it is not published".to_owned()),
        };
        Deployment {
            id: self.id,
            title: format!("release {}", self.tag_name),
            tag: Some(self.tag_name),
            commit: self.tag_commit.map(|commit| commit.oid),
            created_at: self.created_at.0,
            state,
            web_page: Some(self.url),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_may_be_null_but_not_missing() {
        let release = json!({
            "id": "R_1", "tagName": "v1", "isDraft": true, "isPrerelease": false, "createdAt": "2025-04-01T12:00:00Z",
            "publishedAt": null, "url": "https://github.com/acme/shop/releases/tag/v1", "tagCommit": null,
        });
        assert!(ReleaseResponse::deserialize(&release).is_ok());
        for field in ["publishedAt", "tagCommit"] {
            let mut incomplete = release.clone();
            incomplete.as_object_mut().unwrap().remove(field);
            assert!(ReleaseResponse::deserialize(&incomplete).is_err(), "{field}");
        }
    }
}
