//! The endpoints about a branch: its protection, rules and activity, and the checks of its commits.

use serde_json::{Value, json};

use super::{
    check::{CheckKind, StoredCheck},
    objects::Objects,
    refusal::{self, json_answer},
    repository_request::RepositoryRequest,
};
use crate::server::Answer;

pub(super) const GET_BRANCH: &str = "/rest/branches/branches#get-a-branch";
pub(super) const LIST_RULES: &str = "/rest/repos/rules#get-rules-for-a-branch";
pub(super) const LIST_ACTIVITY: &str = "/rest/repos/repos#list-repository-activities";
pub(super) const LIST_CHECK_RUNS: &str = "/rest/checks/runs#list-check-runs-for-a-git-reference";
pub(super) const GET_STATUS: &str = "/rest/commits/statuses#get-the-combined-status-for-a-specific-reference";

impl RepositoryRequest<'_> {
    pub(super) fn branch(&self, name: &str) -> Answer {
        match self.repository.branches.get(name).and_then(|commits| commits.last()) {
            Some(tip) => json_answer(200, &self.objects.branch(self.repository, name, tip)),
            None => match self.repository.renamed_branches.get(name) {
                Some(new_name) => {
                    let (api, id) = (self.objects.api, self.repository.id);
                    refusal::moved(&format!("{api}/repositories/{id}/branches/{new_name}"))
                }
                None => refusal::branch_not_found(GET_BRANCH),
            },
        }
    }

    pub(super) fn rules(&self, branch: &str) -> Answer {
        let rules = self.repository.rules.get(branch).map_or(&[][..], Vec::as_slice);
        self.page(rules, |rule| Objects::rule(self.repository, rule), |page, _| page.into())
    }

    pub(super) fn activity(&self) -> Answer {
        let is_wanted = |name, value: &str| self.call.parameter(name).is_none_or(|wanted| wanted == value);
        let mut found: Vec<_> = self
            .repository
            .activity
            .iter()
            .filter(|item| is_wanted("activity_type", item.kind))
            .filter(|item| {
                is_wanted("ref", &item.branch) || is_wanted("ref", &format!("refs/heads/{}", item.branch))
            })
            .collect();
        found.sort_by_key(|item| std::cmp::Reverse((item.at, item.id)));
        self.cursor_page(&found, |item| self.objects.activity(item))
    }

    pub(super) fn check_runs(&self, sha: &str) -> Answer {
        let is_run = |check: &&StoredCheck| matches!(check.check.kind, CheckKind::Run(_));
        let runs: Vec<_> = self.repository.checks_of(sha).filter(is_run).collect();
        let object = |check: &&StoredCheck| self.objects.check_run(self.repository, check);
        self.page(&runs, object, |page, total| json!({ "total_count": total, "check_runs": page }))
    }

    /// Only the latest status of each context counts.
    pub(super) fn status(&self, sha: &str) -> Answer {
        let is_status = |check: &&StoredCheck| matches!(check.check.kind, CheckKind::Status(_));
        let statuses: Vec<_> = self.repository.checks_of(sha).filter(is_status).collect();
        let is_latest = |(index, check): &(usize, &StoredCheck)| {
            statuses[index + 1..].iter().all(|later| later.check.name != check.check.name)
        };
        let latest: Vec<_> =
            statuses.iter().copied().enumerate().filter(is_latest).map(|(_, check)| check).collect();
        let object = |check: &&StoredCheck| self.objects.status(self.repository, check);
        let own = self.repository;
        let url = format!("{}/repos/{}/commits/{sha}", self.objects.api, own.full_name);
        let repository = self.objects.minimal_repository(own.id, &own.full_name, own.private, false);
        let is_any = |states: &[&str]| {
            latest.iter().any(
                |check| matches!(&check.check.kind, CheckKind::Status(state) if states.contains(&&**state)),
            )
        };
        let state = if is_any(&["failure", "error"]) {
            "failure"
        } else if latest.is_empty() || is_any(&["pending"]) {
            "pending"
        } else {
            "success"
        };
        self.page(&latest, object, |page: Vec<Value>, total| {
            json!({
                "state": state,
                "statuses": page,
                "sha": sha,
                "total_count": total,
                "repository": repository,
                "commit_url": url,
                "url": format!("{url}/status"),
            })
        })
    }
}
