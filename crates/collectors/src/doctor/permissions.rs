//! Which permissions the metrics need, and which of them the token has. GitHub tells an app which permissions it has. A classic
//! token has scopes, which include most permissions. For everything else, only a request can find out.

use std::collections::BTreeSet;

use http::StatusCode;
use serde_json::{Value, json};
use system_health_registry::{Catalog, Context, Finding, Subjects, Unavailable};

use super::needed_permissions::needed;
use crate::{
    github::{
        Cause, GitHub, GitHubError, GitHubRepository, Permission, QueryErrorKind, installation_permissions,
        is_about_feature,
    },
    repository::Repository,
};

/// The scope with which a classic token can read what every reader of the repository may read.
const REPO: &str = "repo";

/// What to do about a permission that is missing.
const GIVE_TO_APP: &str = "give it to the app (read)";
const GIVE_TO_TOKEN: &str = "give it to the token (read)";
const GIVE_ROLE: &str = "give the owner of the token a role that has it";

/// A request that finds out whether a token has a permission.
enum Probe {
    /// A REST request. The path is relative to `repos/OWNER/NAME`.
    Get(&'static [&'static str]),
    /// A GraphQL query. The metrics that need the permission also use GraphQL.
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
    // If this fails, the findings about the repositories say why.
    try_diagnose(context, client, catalog).await.unwrap_or_default()
}

async fn try_diagnose(
    context: &Context,
    client: &GitHub,
    catalog: &Catalog,
) -> Result<Vec<Finding>, Unavailable> {
    let keys = catalog.metrics().iter().map(|metric| metric.key());
    let needed = needed(keys, &context.get().await?)?;
    if let Some(granted) = installation_permissions(context).await? {
        let finding =
            |(permission, metrics): (Permission, BTreeSet<&str>)| match granted.get(permission.api_name()) {
                Some(level) => present(permission, &metrics, &format!("the app has it ({level})")),
                None => missing(permission, &metrics, GIVE_TO_APP, "its installation does not have it"),
            };
        return Ok(needed.into_iter().map(finding).collect());
    }
    // If the request fails, the finding about the API says why.
    let Some(scopes) = scopes(client).await else { return Ok(Vec::new()) };
    let mut findings = Vec::new();
    let repositories = context.get::<Subjects<Repository>>().await?;
    let Some(first) = repositories.iter().next() else { return Ok(findings) };
    let repository: GitHubRepository = context.about(first.clone()).get().await?;
    let has_repo = scopes.iter().any(|scope| scope == REPO);
    let advice = if has_repo { GIVE_ROLE } else { GIVE_TO_TOKEN };
    for (permission, metrics) in needed {
        findings.push(if has_repo && !depends_on_role(permission) {
            present(permission, &metrics, "the scope `repo` includes it")
        } else {
            let result = probe(&repository, permission).await;
            from_probe(permission, &metrics, &repository, advice, result)
        });
    }
    Ok(findings)
}

/// Whether the owner of a classic token needs a role such as administrator: the right to read the repository is not enough. See
/// <https://docs.github.com/articles/repository-permission-levels-for-an-organization>.
fn depends_on_role(permission: Permission) -> bool {
    matches!(
        permission,
        Permission::Administration
            | Permission::CodeScanningAlerts
            | Permission::DependabotAlerts
            | Permission::SecretScanningAlerts
    )
}

/// The scopes of a classic token. Other tokens have none. `None` if the request fails. The request does not count against the
/// rate limit.
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

/// The request that finds out whether a token has a permission.
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
    advice: &str,
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
        // GitHub also responds with 404 if a feature is turned off, but then the message says so. Any other 403 has another
        // reason, such as the rules of an organization.
        Cause::Status { status, body, .. } => {
            *status == StatusCode::NOT_FOUND && !is_about_feature(&body.to_string())
        }
        _ => error.query_error_kind() == Some(QueryErrorKind::Forbidden),
    };
    if is_refused {
        return missing(permission, metrics, advice, &format!("{name} cannot be read: {cause}"));
    }
    let metrics = comma_separated(metrics);
    Finding::info(
        check_name(permission),
        format!("cannot be checked with {name}, but is needed for {metrics}: {cause}"),
    )
}

fn present(permission: Permission, metrics: &BTreeSet<&str>, reason: &str) -> Finding {
    Finding::ok(check_name(permission), format!("for {}: {reason}", comma_separated(metrics)))
}

fn missing(permission: Permission, metrics: &BTreeSet<&str>, advice: &str, reason: &str) -> Finding {
    let metrics = comma_separated(metrics);
    Finding::warning(check_name(permission), format!("is missing for {metrics}, {advice}: {reason}"))
}

fn check_name(permission: Permission) -> String {
    format!("GitHub permission {permission}")
}

fn comma_separated(metrics: &BTreeSet<&str>) -> String {
    metrics.iter().copied().collect::<Vec<_>>().join(", ")
}
