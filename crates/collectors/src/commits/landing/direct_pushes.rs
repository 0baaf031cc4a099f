//! Commits that landed without a pull request.

use std::time::{Duration, SystemTime};

use system_health_registry::{EvidenceItem, NoData, Sample, Unavailable, Window, system_health_metric};

use super::{LandedCommits, how::Landing};
use crate::repository::Repository;

/// How long GitHub may take to associate a commit with the pull request that landed it. Usually, it takes seconds:
/// <https://github.com/release-drafter/release-drafter/issues/322>.
const ASSOCIATION_DELAY: Duration = Duration::from_mins(10);

/// Commits that landed on the branch within the window (7 days by default) without a pull request.
#[system_health_metric(
    key = "commits.direct_pushes",
    each = Repository,
    unit = "commit",
    aggregate = "sum",
    goal = "== 0",
    runbook = "https://github.com/system-health/system-health/blob/main/docs/runbooks/commits.direct_pushes.md",
    enabled = false,
    requests = 2,
    timeout = "1h",
    only_now = "GitHub says only which pull requests a commit has now"
)]
pub fn direct_pushes(landed: LandedCommits, window: Window) -> Result<Sample, Unavailable> {
    let commits = landed.within(&window);
    // A date in the future comes from a wrong clock, so it does not say that the commit is new.
    let is_new = |at: SystemTime| window.end().duration_since(at).is_ok_and(|age| age < ASSOCIATION_DELAY);
    let (mut evidence, mut unknown) = (Vec::new(), None);
    for commit in commits.commits() {
        let title = commit.title();
        let (is_direct, reason, page) = match landed.landing(commit) {
            Landing::Direct(_) if is_new(commit.committed_at) => {
                let reason = "it is so new that GitHub may not know its pull request yet".to_owned();
                (false, reason, commit.web_page.as_deref())
            }
            Landing::Direct(reason) => (true, reason, commit.web_page.as_deref()),
            Landing::PullRequest(pull_request) => {
                let reason = format!("it landed with #{}", pull_request.number);
                (false, reason, Some(&*pull_request.web_page))
            }
            Landing::Unknown(reason) => {
                unknown.get_or_insert_with(|| format!("commit {title}: {reason}"));
                (false, reason, commit.web_page.as_deref())
            }
        };
        evidence.push(EvidenceItem::new(title, is_direct, reason).with_link(page));
    }
    if let Some(reason) = unknown {
        return Err(NoData::new(reason).with_evidence(evidence).into());
    }
    if evidence.is_empty() {
        evidence.push(commits.summary("a direct push"));
    }
    Ok(commits.sample(evidence)?)
}
