//! Which permissions the metrics need, and which of them the token has. A GitHub App is told by GitHub, a classic token has scopes,
//! and for other tokens only a request can find out.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use serde_json::{Value, json};
use system_health_registry::{
    Catalog, Context, Finding, Settings, Subjects, Unavailable, settings::SettingsError,
};

use crate::{
    github::{
        Cause, GitHub, GitHubAccess, GitHubError, GitHubNeeds, GitHubRepository, Permission, QueryErrorKind,
        installation_permissions,
    },
    repository::Repository,
};

/// The scope that lets a classic token read everything but what only administrators may read.
const REPO: &str = "repo";

/// What is asked to find out whether a token has a permission.
enum Probe {
    /// A document of the repository.
    Get(&'static [&'static str]),
    /// A GraphQL query, as the metrics ask it.
    Query(&'static str),
}

const ISSUES: &str = "
query Issues($owner: String!, $name: String!) {
  repository(owner: $owner, name: $name) { issues(states: OPEN) { totalCount } }
}";

const PULL_REQUESTS: &str = "
query PullRequests($owner: String!, $name: String!) {
  repository(owner: $owner, name: $name) { pullRequests(states: OPEN) { totalCount } }
}";

/// The findings about each permission that an enabled metric needs.
pub(super) async fn diagnose(context: &Context, client: &GitHub, catalog: &Catalog) -> Vec<Finding> {
    // The findings about the repositories say why they cannot be asked.
    find(context, client, catalog).await.unwrap_or_default()
}

async fn find(context: &Context, client: &GitHub, catalog: &Catalog) -> Result<Vec<Finding>, Unavailable> {
    let keys = catalog.metrics().iter().map(|metric| metric.key());
    let needed = needed(keys, &context.get().await?)?;
    if let Some(granted) = installation_permissions(context).await? {
        let of_app =
            |(permission, metrics): (Permission, BTreeSet<&str>)| match granted.get(permission.api_name()) {
                Some(level) => present(permission, &metrics, &format!("the app has it ({level})")),
                None => missing(permission, &metrics, "the app's installation does not have it"),
            };
        return Ok(needed.into_iter().map(of_app).collect());
    }
    // The finding about the API says why it does not answer.
    let Some(scopes) = scopes(client).await else { return Ok(Vec::new()) };
    let mut findings = Vec::new();
    let repositories = context.get::<Subjects<Repository>>().await?;
    let Some(first) = repositories.iter().next() else { return Ok(findings) };
    let repository: GitHubRepository = context.about(first.clone()).get().await?;
    for (permission, metrics) in needed {
        let by_scope = scopes.iter().any(|scope| scope == REPO) && permission != Permission::Administration;
        findings.push(if by_scope {
            present(permission, &metrics, "the scope `repo` includes it")
        } else {
            let result = probe(&repository, permission).await;
            from_probe(permission, &metrics, &repository, result)
        });
    }
    Ok(findings)
}

/// The permissions that metrics need with these settings, each with the metrics that need it: with their pattern if all of them
/// do, and otherwise with their keys.
fn needed<'k>(
    keys: impl IntoIterator<Item = &'k str>,
    settings: &Settings,
) -> Result<BTreeMap<Permission, BTreeSet<&'k str>>, SettingsError> {
    let mut by_pattern = BTreeMap::<_, BTreeMap<&str, GitHubNeeds>>::new();
    for key in keys {
        let Some(access) = GitHubAccess::of_metric(key) else { continue };
        let needs = (access.needs)(key, settings)?;
        if !needs.is_empty() {
            let needs =
                GitHubNeeds { permissions: &needs.permissions | &[Permission::Metadata].into(), ..needs };
            by_pattern.entry(access.keys).or_default().insert(key, needs);
        }
    }
    let mut needed = BTreeMap::<_, BTreeSet<_>>::new();
    for (pattern, metrics) in by_pattern {
        for permission in metrics.values().flat_map(|needs| &needs.permissions) {
            let those = metrics.iter().filter(|(_, needs)| needs.permissions.contains(permission));
            let those: Vec<&str> = those.map(|(key, _)| *key).collect();
            let names = if those.len() == metrics.len() { vec![pattern] } else { those };
            needed.entry(*permission).or_default().extend(names);
        }
    }
    Ok(needed)
}

/// The scopes of a classic token. Other tokens have none. This request does not count against the rate limit.
async fn scopes(client: &GitHub) -> Option<Vec<String>> {
    let headers = match client.get_once(&["rate_limit"], &[]).await {
        Ok((headers, _)) => headers,
        // A GitHub Enterprise server without rate limits.
        Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => return Some(Vec::new()),
        Err(_) => return None,
    };
    let scopes = headers.get("x-oauth-scopes").and_then(|scopes| scopes.to_str().ok()).unwrap_or_default();
    Some(scopes.split(',').map(|scope| scope.trim().to_owned()).collect())
}

/// What finds out whether a token has a permission.
fn probe_for(permission: Permission) -> Probe {
    match permission {
        Permission::Actions => Probe::Get(&["actions", "runs"]),
        Permission::Administration => Probe::Get(&["actions", "runners"]),
        Permission::Checks => Probe::Get(&["commits", "HEAD", "check-runs"]),
        Permission::CodeScanningAlerts => Probe::Get(&["code-scanning", "alerts"]),
        Permission::CommitStatuses => Probe::Get(&["commits", "HEAD", "status"]),
        Permission::Contents => Probe::Get(&["commits"]),
        Permission::DependabotAlerts => Probe::Get(&["dependabot", "alerts"]),
        Permission::Deployments => Probe::Get(&["deployments"]),
        Permission::Issues => Probe::Query(ISSUES),
        Permission::Metadata => Probe::Get(&[]),
        Permission::PullRequests => Probe::Query(PULL_REQUESTS),
        Permission::SecretScanningAlerts => Probe::Get(&["secret-scanning", "alerts"]),
    }
}

async fn probe(repository: &GitHubRepository, permission: Permission) -> Result<(), GitHubError> {
    match probe_for(permission) {
        Probe::Get([]) => repository.get_once(&[], &[]).await.map(drop),
        Probe::Get(path) => repository.get_once(path, &[("per_page", "1")]).await.map(drop),
        Probe::Query(query) => repository.query::<Value>(query, json!({})).await.map(drop),
    }
}

fn from_probe(
    permission: Permission,
    metrics: &BTreeSet<&str>,
    repository: &GitHubRepository,
    result: Result<(), GitHubError>,
) -> Finding {
    let name = repository.name();
    let Err(error) = result else { return present(permission, metrics, &format!("{name} can be read")) };
    let cause = error.cause();
    let is_refused = match cause {
        Cause::NoPermission { .. } | Cause::NoToken => true,
        // A repository without commits can be read.
        Cause::Status { status: StatusCode::CONFLICT, .. } => {
            return present(permission, metrics, &format!("{name} can be read"));
        }
        // GitHub answers in the same way if a feature is turned off, but says so. A 403 has another reason, such as the rules of
        // an organization.
        Cause::Status { status, body, .. } => {
            *status == StatusCode::NOT_FOUND && !says_disabled(&body.to_string())
        }
        _ => error.query_error_kind() == Some(QueryErrorKind::Forbidden),
    };
    if is_refused {
        return missing(permission, metrics, &format!("{name} cannot be read: {cause}"));
    }
    let needs = join(metrics);
    Finding::info(subject(permission), format!("cannot be checked with {name}, and {needs} need it: {cause}"))
}

fn says_disabled(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["disabled", "not enabled", "must be enabled", "no analysis found"]
        .iter()
        .any(|words| message.contains(words))
}

fn present(permission: Permission, metrics: &BTreeSet<&str>, how: &str) -> Finding {
    Finding::ok(subject(permission), format!("for {}: {how}", join(metrics)))
}

fn missing(permission: Permission, metrics: &BTreeSet<&str>, how: &str) -> Finding {
    let needs = join(metrics);
    Finding::warning(
        subject(permission),
        format!("is missing for {needs}, give it to the token (read): {how}"),
    )
}

fn subject(permission: Permission) -> String {
    format!("GitHub permission {permission}")
}

fn join(metrics: &BTreeSet<&str>) -> String {
    metrics.iter().copied().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn needed(keys: &[&'static str], toml: &str) -> Vec<(Permission, Vec<&'static str>)> {
        let settings = Settings::builder().toml(Path::new("a.toml"), toml).unwrap().build().unwrap();
        let needed = super::needed(keys.iter().copied(), &settings).unwrap();
        needed.into_iter().map(|(permission, names)| (permission, names.into_iter().collect())).collect()
    }

    #[test]
    fn each_permission_is_needed_by_the_metrics_that_declare_it() {
        assert_eq!(
            needed(&["ci.runners", "ci.runs", "prs.open", "prs.merged", "someone.elses"], ""),
            [
                (Permission::Actions, vec!["ci.*"]),
                (Permission::Administration, vec!["ci.runners"]),
                (Permission::Metadata, vec!["ci.*", "ci.runners", "prs.*"]),
                (Permission::PullRequests, vec!["prs.*"]),
            ]
        );
    }

    #[test]
    fn the_settings_decide_which_permissions_deployments_need() {
        const RATIO: &str = "dora.change_fail_ratio";
        const TIME: &str = "dora.change_lead_time_seconds";
        const FREQUENCY: &str = "dora.deployment_frequency";
        let of = |source: &str, keys: &[&'static str]| {
            let settings = format!("[dora]\n{source}");
            let needed = needed(keys, &settings);
            needed.into_iter().filter(|(one, _)| *one != Permission::Metadata).collect::<Vec<_>>()
        };
        let all = &[RATIO, TIME, FREQUENCY];
        let changes = [
            (Permission::Contents, vec![RATIO, TIME]),
            (Permission::Issues, vec![RATIO]),
            (Permission::PullRequests, vec![RATIO, TIME]),
        ];
        let [contents, issues, pull_requests] = changes;
        for (source, expected) in [
            ("deployments = 'github'", Permission::Deployments),
            ("deployments = 'workflow'", Permission::Actions),
        ] {
            let source_only = vec![(expected, vec!["dora.*"])];
            assert_eq!(of(source, &[FREQUENCY]), source_only);
            let mut others =
                [source_only, vec![contents.clone(), issues.clone(), pull_requests.clone()]].concat();
            others.sort();
            assert_eq!(of(source, all), others);
        }
        for source in ["deployments = 'releases'", "deployments = 'tags'"] {
            let contents = (Permission::Contents, vec!["dora.*"]);
            assert_eq!(of(source, all), [contents, issues.clone(), pull_requests.clone()]);
        }
        let without_incidents = of("incident_labels = []", all);
        assert!(without_incidents.iter().all(|(one, _)| *one != Permission::Issues), "{without_incidents:?}");
    }

    #[test]
    fn commits_of_a_clone_need_no_permission_but_their_labels_do() {
        let keys = &["commits.hotfix", "commits.reverts"];
        let clone = "[commits]\nsource = 'clone'";
        assert_eq!(needed(keys, clone), []);
        assert_eq!(
            needed(keys, "[commits]\nhotfix_labels = ['hotfix']")[2],
            (Permission::PullRequests, vec!["commits.hotfix"])
        );
        assert_eq!(
            needed(keys, &format!("{clone}\nrevert_labels = ['revert']")),
            [Permission::Contents, Permission::Metadata, Permission::PullRequests]
                .map(|permission| (permission, vec!["commits.*"]))
        );
    }

    #[test]
    fn a_feature_that_is_turned_off_is_not_a_missing_permission() {
        for message in [
            "Dependabot alerts are disabled for this repository.",
            "Advanced Security must be enabled for this repository to use code scanning.",
            "Secret scanning is disabled on this repository.",
            "no analysis found",
        ] {
            assert!(says_disabled(message), "{message}");
        }
        assert!(!says_disabled("Not Found"));
    }
}
