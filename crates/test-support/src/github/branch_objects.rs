//! Branches, their rules and activity, and the checks of their commits, as GitHub's API returns them.

use serde_json::{Value, json};

use super::{
    account::Account,
    activity::StoredActivity,
    check::{CheckKind, StoredCheck},
    commit::{StoredCommit, sha},
    objects::{Objects, WEB},
    repository_data::{RepositoryData, RequiredCheck},
    when::timestamp,
};

const CREATED: &str = "2025-04-01T12:00:00Z";

impl Objects<'_> {
    /// A `branch-with-protection`.
    pub(super) fn branch(&self, repository: &RepositoryData, name: &str, tip: &StoredCommit) -> Value {
        let api = self.repository_url(&repository.full_name);
        let url = format!("{api}/branches/{name}");
        let checks = repository.protection.get(name);
        let contexts =
            |checks: &[RequiredCheck]| checks.iter().map(|check| check.name.clone()).collect::<Vec<_>>();
        let app = |check: &RequiredCheck| json!({ "context": check.name, "app_id": check.app });
        let required = json!({
            "enforcement_level": if checks.is_some() { "non_admins" } else { "off" },
            "contexts": checks.map_or_else(Vec::new, |checks| contexts(checks)),
            "checks": checks.map_or_else(Vec::new, |checks| checks.iter().map(app).collect()),
        });
        json!({
            "name": name,
            "commit": self.commit(repository, tip),
            "_links": { "self": url, "html": format!("{WEB}/{}/tree/{name}", repository.full_name) },
            "protected": checks.is_some(),
            "protection": { "enabled": checks.is_some(), "required_status_checks": required },
            "protection_url": format!("{url}/protection"),
        })
    }

    /// A `repository-rule-detailed`.
    pub(super) fn rule(repository: &RepositoryData, rule: &(String, Value)) -> Value {
        let (rule_type, parameters) = rule;
        let mut object = json!({
            "type": rule_type,
            "ruleset_source_type": "Repository",
            "ruleset_source": repository.full_name,
            "ruleset_id": 42,
        });
        if !parameters.is_null() {
            object["parameters"] = parameters.clone();
        }
        object
    }

    /// An `activity`.
    pub(super) fn activity(&self, activity: &StoredActivity) -> Value {
        json!({
            "id": activity.id,
            "node_id": format!("PSH_{}", activity.id),
            "before": sha(activity.id),
            "after": sha(activity.id + 1),
            "ref": format!("refs/heads/{}", activity.branch),
            "timestamp": timestamp(activity.at),
            "activity_type": activity.kind,
            "actor": self.account(&activity.actor),
        })
    }

    /// A `check-run`.
    pub(super) fn check_run(&self, repository: &RepositoryData, stored: &StoredCheck) -> Value {
        let StoredCheck { id, sha, check } = stored;
        let url = format!("{}/check-runs/{id}", self.repository_url(&repository.full_name));
        let page = format!("{WEB}/{}/runs/{id}", repository.full_name);
        let conclusion = match &check.kind {
            CheckKind::Run(conclusion) => conclusion.clone(),
            CheckKind::Status(_) => None,
        };
        let has_ended = conclusion.is_some();
        let app = json!({
            "id": check.app,
            "slug": format!("app-{}", check.app),
            "node_id": format!("A_{}", check.app),
            "owner": self.user("github", "Organization"),
            "name": format!("App {}", check.app),
            "description": "",
            "external_url": "https://example.com",
            "html_url": format!("{WEB}/apps/app-{}", check.app),
            "created_at": CREATED,
            "updated_at": CREATED,
            "permissions": { "checks": "write" },
            "events": ["push"],
        });
        json!({
            "id": id,
            "head_sha": sha,
            "node_id": format!("CR_{id}"),
            "external_id": "",
            "url": url,
            "html_url": page,
            "details_url": page,
            "status": if has_ended { "completed" } else { "in_progress" },
            "conclusion": conclusion,
            "started_at": CREATED,
            "completed_at": has_ended.then_some(CREATED),
            "output": {
                "title": null,
                "summary": null,
                "text": null,
                "annotations_count": 0,
                "annotations_url": format!("{url}/annotations"),
            },
            "name": check.name,
            "check_suite": { "id": 5 },
            "app": app,
            "pull_requests": [],
        })
    }

    /// A `simple-commit-status`.
    pub(super) fn status(&self, repository: &RepositoryData, stored: &StoredCheck) -> Value {
        let StoredCheck { id, sha, check } = stored;
        let state = match &check.kind {
            CheckKind::Status(state) => state.as_str(),
            CheckKind::Run(_) => "pending",
        };
        json!({
            "description": null,
            "id": id,
            "node_id": format!("SC_{id}"),
            "state": state,
            "context": check.name,
            "target_url": format!("https://ci.example.com/{id}"),
            "avatar_url": "https://avatars.githubusercontent.com/u/7?v=4",
            "url": format!("{}/statuses/{sha}", self.repository_url(&repository.full_name)),
            "created_at": CREATED,
            "updated_at": CREATED,
        })
    }

    /// A `simple-user`, or null. The login of a bot ends with `[bot]`, unlike in the GraphQL API.
    pub(super) fn account(&self, account: &Account) -> Value {
        match &account.0 {
            Some(actor) if actor.is_bot => self.user(&format!("{}[bot]", actor.login), "Bot"),
            Some(actor) => self.user(&actor.login, "User"),
            None => Value::Null,
        }
    }
}
