//! Which checks the branch requires: those of its rulesets and of its protection.

use std::collections::BTreeSet;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::Value;
use system_health_registry::Unavailable;

use super::check::RequiredCheck;
use crate::{
    github::{ExistingBranch, GitHubRepository, Permission, ProtectedChecks, no_data_without},
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

/// Reads the rules of the branch, and adds the checks that its protection requires.
pub(super) async fn read(
    repository: &GitHubRepository,
    branch: &Branch,
    existing: &ExistingBranch,
) -> Result<Requirements, Unavailable> {
    let name = repository.name();
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
    checks.extend(existing.protected_checks().into_iter().flat_map(protected));
    Ok(Requirements { tip: existing.tip().to_owned(), checks: checks.into_iter().collect(), has_workflows })
}

/// The checks that the protection of the branch requires.
fn protected(protection: &ProtectedChecks) -> Vec<RequiredCheck> {
    let ProtectedChecks { enforcement_level, contexts, checks } = protection.clone();
    if enforcement_level.as_deref() == Some("off") {
        return Vec::new();
    }
    // `contexts` are the names of the checks. Old servers send only these, and no `checks`.
    let is_not_in_checks = |name: &String| checks.iter().all(|check| check.context != *name);
    let mut required_checks: Vec<_> =
        contexts.into_iter().filter(is_not_in_checks).map(|name| required(name, None)).collect();
    required_checks.extend(checks.into_iter().map(|check| required(check.context, check.app_id)));
    required_checks
}

/// A required check. The app -1 stands for any app.
fn required(name: String, app: Option<i64>) -> RequiredCheck {
    RequiredCheck { name, app: app.and_then(|id| u64::try_from(id).ok()) }
}
