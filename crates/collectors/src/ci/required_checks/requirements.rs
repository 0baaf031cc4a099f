//! Which checks the branch requires: those of its rulesets and of its protection.

use std::collections::BTreeSet;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::Value;
use system_health_registry::Unavailable;

use super::check::RequiredCheck;
use crate::{
    github::{GitHubRepository, Permission, no_data_without},
    repository::Branch,
};

/// What GitHub says about the branch.
#[derive(Debug)]
pub(super) struct Requirements {
    /// The newest commit.
    pub(super) tip: String,
    /// In the order of their names.
    pub(super) checks: Vec<RequiredCheck>,
    /// Whether a ruleset requires workflows, too.
    pub(super) has_workflows: bool,
}

/// See <https://docs.github.com/en/rest/branches/branches#get-a-branch>. It names the required checks also to those who may
/// not read the rest of the protection.
#[derive(Debug, Deserialize)]
struct BranchResponse {
    commit: CommitResponse,
    protection: Option<Protection>,
}

#[derive(Debug, Deserialize)]
struct CommitResponse {
    sha: String,
}

#[derive(Debug, Deserialize)]
struct Protection {
    required_status_checks: Option<ProtectedChecks>,
}

#[derive(Debug, Deserialize)]
struct ProtectedChecks {
    enforcement_level: Option<String>,
    contexts: Vec<String>,
    #[serde(default)]
    checks: Vec<ProtectedCheck>,
}

#[derive(Debug, Deserialize)]
struct ProtectedCheck {
    context: String,
    app_id: Option<i64>,
}

/// See <https://docs.github.com/en/rest/repos/rules#get-rules-for-a-branch>.
#[derive(Debug, Deserialize)]
struct Rule {
    #[serde(rename = "type")]
    rule_type: String,
    #[serde(default)]
    parameters: Value,
}

#[derive(Debug, Deserialize)]
struct RuleParameters {
    required_status_checks: Vec<RuleCheck>,
}

#[derive(Debug, Deserialize)]
struct RuleCheck {
    context: String,
    integration_id: Option<i64>,
}

/// Reads the branch and its rules.
pub(super) async fn read(
    repository: &GitHubRepository,
    branch: &Branch,
) -> Result<Requirements, Unavailable> {
    let name = repository.name();
    let failed = || format!("cannot read the branch `{branch}` of {name}");
    let response = repository.get::<BranchResponse>(&["branches", branch.as_str()], &[]).await;
    let response =
        response.with_context(failed).map_err(|error| no_data_without(Permission::Contents, name, error))?;
    let failed = || format!("cannot read the rules of the branch `{branch}` of {name}");
    let path = ["rules", "branches", branch.as_str()];
    let rules = repository.pages::<Vec<Rule>>(&path, &[("per_page", "100")]).all().await;
    let rules =
        rules.with_context(failed).map_err(|error| no_data_without(Permission::Metadata, name, error))?;
    let rules: Vec<Rule> = rules.into_iter().flatten().collect();
    let has_workflows = rules.iter().any(|rule| rule.rule_type == "workflows");
    let mut checks = BTreeSet::new();
    for rule in rules.into_iter().filter(|rule| rule.rule_type == "required_status_checks") {
        let parameters: RuleParameters = serde_json::from_value(rule.parameters)
            .context("a rule has an unexpected form")
            .with_context(failed)?;
        checks.extend(
            parameters
                .required_status_checks
                .into_iter()
                .map(|one| required(one.context, one.integration_id)),
        );
    }
    let protected = response.protection.and_then(|protection| protection.required_status_checks);
    checks.extend(protected.into_iter().flat_map(ProtectedChecks::into_required));
    Ok(Requirements { tip: response.commit.sha, checks: checks.into_iter().collect(), has_workflows })
}

impl ProtectedChecks {
    fn into_required(self) -> Vec<RequiredCheck> {
        if self.enforcement_level.as_deref() == Some("off") {
            return Vec::new();
        }
        let Self { contexts, checks, .. } = self;
        // The contexts are the names of the checks. Old servers know no checks.
        let is_new = |name: &String| checks.iter().all(|check| check.context != *name);
        let mut all: Vec<_> = contexts.into_iter().filter(is_new).map(|name| required(name, None)).collect();
        all.extend(checks.into_iter().map(|check| required(check.context, check.app_id)));
        all
    }
}

/// The number -1 stands for any app.
fn required(name: String, app: Option<i64>) -> RequiredCheck {
    RequiredCheck { name, app: app.and_then(|id| u64::try_from(id).ok()) }
}
