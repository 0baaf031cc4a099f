//! The metric about branches.

use system_health_registry::{EvidenceItem, Sample, SampleError, Window, system_health_metric};

use super::Branches;
use crate::{
    date::format_date,
    github::{GitHubApi, GitHubNeeds, Permission, WatchedBranch},
    github_access,
    repository::Repository,
    short_id::short_id,
    web_page::with_page_link,
};

github_access!("branches.*", |_, settings| {
    let needs = GitHubNeeds::default().with_api(GitHubApi::GraphQl, [Permission::Contents]);
    needs.with_requests("branches", 1).with_branch(settings)
});

/// The branches that GitHub makes for its merge queue.
const MERGE_QUEUE: &str = "gh-readonly-queue/";

/// Branches, other than the watched one, the default one and those of the merge queue, whose newest commit was made after
/// the start of the window (7 days by default).
#[system_health_metric(
    key = "branches.active",
    each = Repository,
    unit = "branch",
    aggregate = "sum",
    enabled = false,
    requests = 1,
    timeout = "1h",
    only_now = "GitHub lists only the branches that exist now"
)]
pub fn active_branches(
    branches: Branches,
    WatchedBranch(watched): WatchedBranch,
    window: Window,
) -> Result<Sample, SampleError> {
    let mut evidence = Vec::new();
    for (name, tip) in branches.tips.iter() {
        // A commit that is dated after the window counts, too: it was made during the run, or the committer's clock is wrong.
        if tip.committed_at <= window.start() {
            continue;
        }
        let exclusion = if *name == watched.as_str() {
            Some("it is the watched branch")
        } else if branches.default_branch.as_ref() == Some(name) {
            Some("it is the default branch")
        } else if name.starts_with(MERGE_QUEUE) {
            Some("it is a branch of the merge queue")
        } else {
            None
        };
        let committed = || {
            let short = short_id(&tip.id);
            format!("its newest commit {short} was made at {}", format_date(tip.committed_at))
        };
        evidence.push(EvidenceItem::new(
            name,
            exclusion.is_none(),
            exclusion.map_or_else(committed, str::to_owned),
        ));
    }
    let active = evidence.iter().filter(|item| item.is_counted()).count();
    Ok(with_page_link(Sample::new(active)?.with_evidence(evidence), Some(&branches.web_page)))
}
