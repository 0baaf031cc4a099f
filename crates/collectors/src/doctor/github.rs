//! Diagnoses GitHub: whether it responds and accepts the token, and whether the metrics' repositories and workflows
//! exist.

use std::time::{Duration, SystemTime};

use futures::{StreamExt, stream};
use http::HeaderMap;
use serde_json::Value;
use system_health_credentials::Credentials;
use system_health_http::server_time;
use system_health_registry::{Catalog, Context, Finding, SharedError, Subjects, Unavailable};

use super::{TOKEN_CHECK, permissions};
use crate::{
    ci::{CiSettings, CiVerdict, RunsError},
    github::{APP_KEY, GitHub, GitHubRepository, GitHubSettings, TOKEN},
    repository::Repository,
};

/// A token that expires sooner gets a warning.
const EXPIRES_SOON: Duration = Duration::from_hours(7 * 24);
/// Maximum number of workflows in a message.
const MAX_WORKFLOWS: usize = 10;

/// Diagnoses the token, the API, the repositories and the workflow.
///
/// Also lists the permissions that the metrics of the catalog need, and whether the token has them.
pub(crate) async fn github(context: &Context, catalog: &Catalog) -> Vec<Finding> {
    let mut findings = token(context).await;
    let client = match context.get::<GitHub>().await {
        Ok(client) => client,
        Err(Unavailable::NoData(_)) => {
            findings.push(Finding::warning(
                "GitHub",
                "is not used without a token; commits come from the local clone",
            ));
            return findings;
        }
        Err(error) => {
            findings.push(Finding::failed("GitHub", error.to_string()));
            return findings;
        }
    };
    let (api, repositories, permissions) = tokio::join!(
        Finding::check_with_timeout("GitHub", api(&client)),
        repositories(context),
        Finding::check_with_timeout("GitHub permissions", permissions::diagnose(context, &client, catalog)),
    );
    findings.extend(api);
    findings.extend(permissions);
    findings.extend(repositories);
    findings
}

async fn token(context: &Context) -> Vec<Finding> {
    match context.get::<GitHubSettings>().await {
        Ok(GitHubSettings { app_id: Some(app), .. }) => app_key(context, app).await,
        _ => token_itself(context).await,
    }
}

/// The private key of the GitHub App. The client finds out whether GitHub accepts the key.
async fn app_key(context: &Context, app: u64) -> Vec<Finding> {
    let check = format!("GitHub App {app}");
    let credentials: Credentials = match context.get().await {
        Ok(credentials) => credentials,
        Err(error) => return vec![Finding::failed(&check, error.to_string())],
    };
    let found = async {
        vec![match credentials.location(&APP_KEY).await {
            Ok(location) => Finding::ok(&check, format!("its private key is {location}")),
            Err(failed) => Finding::failed(&check, full_message(failed)),
        }]
    };
    Finding::check_with_timeout(&check, found).await
}

async fn token_itself(context: &Context) -> Vec<Finding> {
    let credentials: Credentials = match context.get().await {
        Ok(credentials) => credentials,
        Err(error) => return vec![Finding::failed(TOKEN_CHECK, error.to_string())],
    };
    let found = async {
        vec![match credentials.location(&TOKEN).await {
            Ok(location) => Finding::ok(TOKEN_CHECK, format!("is {location}")),
            Err(absent) if absent.is_absent() => Finding::warning(TOKEN_CHECK, full_message(absent)),
            Err(failed) => Finding::failed(TOKEN_CHECK, full_message(failed)),
        }]
    };
    Finding::check_with_timeout(TOKEN_CHECK, found).await
}

/// Makes one request that does not count against the rate limit and whose headers describe the token.
/// See <https://docs.github.com/en/rest/rate-limit/rate-limit>.
async fn api(client: &GitHub) -> Vec<Finding> {
    match client.get_once(&["rate_limit"], &[]).await {
        // The response of a GitHub Enterprise server whose administrators have turned rate limits off.
        Err(error) if error.status().is_some_and(|status| status.as_u16() == 404) => {
            vec![Finding::ok("GitHub", format!("{} responds, and has no rate limit", client.api_url()))]
        }
        Err(error) => vec![Finding::failed("GitHub", full_message(error))],
        Ok((headers, body)) => {
            let now = SystemTime::now();
            let reachable = Finding::ok("GitHub", format!("{} responds", client.api_url()));
            [Some(reachable), scopes(&headers), expiry(&headers, now), limit(&body), date(&headers, now)]
                .into_iter()
                .flatten()
                .collect()
        }
    }
}

/// The scopes of the token. Only classic tokens have them. See
/// <https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps>.
fn scopes(headers: &HeaderMap) -> Option<Finding> {
    let scopes = header_text(headers, "x-oauth-scopes")?;
    Some(match scopes {
        "" => Finding::ok("GitHub token scopes", "none: the token can read only public repositories"),
        scopes => Finding::ok("GitHub token scopes", scopes),
    })
}

/// When the token expires. GitHub writes it like `2026-12-24 10:00:00 UTC`, or with an offset from UTC.
fn expiry(headers: &HeaderMap, now: SystemTime) -> Option<Finding> {
    const CHECK: &str = "GitHub token expiry";
    let written = header_text(headers, "github-authentication-token-expiration")?;
    Some(match expiry_time(written).map(|end| end.duration_since(now)) {
        Some(Ok(left)) if left >= EXPIRES_SOON => Finding::ok(CHECK, written),
        Some(Ok(_)) => Finding::warning(CHECK, format!("{written}: renew it soon")),
        Some(Err(_)) => Finding::failed(CHECK, format!("{written}: it has expired; make a new one")),
        None => Finding::warning(CHECK, format!("`{written}` is not a time in a known format")),
    })
}

fn expiry_time(written: &str) -> Option<SystemTime> {
    let (moment, zone) = written.split_at_checked(19)?;
    let local = humantime::parse_rfc3339(&(moment.replace(' ', "T") + "Z")).ok()?;
    let offset = |digits: &str| {
        let number: u16 = digits.replace(':', "").parse().ok()?;
        Some(Duration::from_mins(u64::from(number / 100 * 60 + number % 100)))
    };
    let zone = zone.trim();
    if let Some(east) = zone.strip_prefix('+') {
        local.checked_sub(offset(east)?)
    } else if let Some(west) = zone.strip_prefix('-') {
        local.checked_add(offset(west)?)
    } else {
        Some(local)
    }
}

fn limit(body: &Value) -> Option<Finding> {
    let number = |name: &str| body.pointer(&format!("/resources/core/{name}"))?.as_u64();
    let (left, allowed) = (number("remaining")?, number("limit")?);
    let message = format!("{left} of {allowed} requests are left in this hour");
    Some(if left * 10 < allowed {
        Finding::warning("GitHub rate limit", message + "; let fewer runs share this limit")
    } else {
        Finding::ok("GitHub rate limit", message)
    })
}

fn date(headers: &HeaderMap, now: SystemTime) -> Option<Finding> {
    Some(Finding::clock_skew("GitHub", server_time(headers)?, now))
}

/// The name of the check in findings about a repository.
const REPOSITORY: &str = "GitHub repository";
/// Maximum number of repositories that are diagnosed concurrently, as in a run.
const CONCURRENT_REPOSITORIES: usize = 16;

async fn repositories(context: &Context) -> Vec<Finding> {
    let repositories = match context.get::<Subjects<Repository>>().await {
        Ok(repositories) => repositories,
        Err(unavailable) => return vec![Finding::failed(REPOSITORY, unavailable.to_string())],
    };
    let all: Vec<Repository> = repositories.iter().cloned().collect();
    if let [repository] = &all[..] {
        return Finding::check_with_timeout(REPOSITORY, only_repository(context, repository)).await;
    }
    // The workflows of several repositories are not diagnosed here: the findings about the metrics show their problems.
    let probe = async |repository: Repository| {
        let check = format!("{REPOSITORY} {repository}");
        Finding::check_with_timeout(&check, problems_of(context, repository, &check)).await
    };
    let probes = stream::iter(all.clone()).map(probe);
    let problems: Vec<Finding> = probes.buffered(CONCURRENT_REPOSITORIES).concat().await;
    let good = all.len() - problems.len();
    let summary = format!("{good} of {} repositories can be read, or need not be read", all.len());
    let summary = if problems.is_empty() {
        Finding::ok(REPOSITORY, summary)
    } else {
        Finding::failed(REPOSITORY, summary)
    };
    [vec![summary], Finding::keep_worst(problems)].concat()
}

/// The problems of one of several repositories.
async fn problems_of(context: &Context, repository: Repository, check: &str) -> Vec<Finding> {
    let failed = |message| vec![Finding::failed(check, message)];
    match context.about(repository).get::<GitHubRepository>().await {
        Err(Unavailable::NoData(_)) => vec![],
        Err(error) => failed(error.to_string()),
        Ok(repository) => repository
            .get_once(&[], &[])
            .await
            .err()
            .map_or_else(Vec::new, |error| failed(full_message(error))),
    }
}

/// Diagnoses the only repository, including its workflow.
async fn only_repository(context: &Context, repository: &Repository) -> Vec<Finding> {
    let context = context.about(repository.clone());
    let on_github: GitHubRepository = match context.get().await {
        Ok(repository) => repository,
        // A run has no data for such a repository, for example for a clone from another host.
        Err(Unavailable::NoData(no_data)) => return vec![Finding::warning(REPOSITORY, no_data.to_string())],
        Err(error) => return vec![Finding::failed(REPOSITORY, error.to_string())],
    };
    match on_github.get_once(&[], &[]).await {
        Err(error) => vec![Finding::failed(REPOSITORY, full_message(error))],
        Ok((_, body)) => {
            let branch = body["default_branch"].as_str().unwrap_or("unknown");
            let finding = Finding::ok(REPOSITORY, format!("{repository}, default branch {branch}"));
            vec![finding, workflow(&context, repository, &on_github).await]
        }
    }
}

/// Makes the requests of a run, so that permissions, settings and jobs are checked, too.
async fn workflow(context: &Context, repository: &Repository, on_github: &GitHubRepository) -> Finding {
    const CHECK: &str = "GitHub workflow";
    let workflow = match context.get::<CiSettings>().await {
        Ok(settings) => repository.ci_settings(&settings).workflow,
        Err(error) => return Finding::failed(CHECK, error.to_string()),
    };
    match context.get::<CiVerdict>().await {
        Ok(CiVerdict { passed, branch, .. }) => {
            let verb = if passed { "pass" } else { "fail" };
            Finding::ok(CHECK, format!("{workflow}: the tests {verb} on the branch `{branch}`"))
        }
        Err(Unavailable::NoData(no_data)) => Finding::warning(CHECK, no_data.to_string()),
        Err(Unavailable::Error(error)) if is_missing_workflow(&error) => {
            let existing = match on_github.get_once(&["actions", "workflows"], &[]).await {
                Ok((_, body)) => list_workflows(&body),
                Err(error) => format!("the workflows cannot be listed ({})", full_message(error)),
            };
            let table = repository.ci_tables().workflow;
            Finding::failed(
                CHECK,
                format!(
                    "there is no `{workflow}` in .github/workflows: {existing}; set `workflow` in {table}"
                ),
            )
        }
        Err(Unavailable::Error(error)) => Finding::failed(CHECK, error.to_string()),
    }
}

fn is_missing_workflow(error: &SharedError) -> bool {
    matches!(error.as_error().downcast_ref(), Some(RunsError::NoWorkflow { .. }))
}

/// The files of the repository's workflows, for a message. A workflow that GitHub provides, such as
/// `dynamic/dependabot/dependabot-updates`, has no file.
/// See <https://docs.github.com/en/rest/actions/workflows#list-repository-workflows>.
fn list_workflows(body: &Value) -> String {
    let workflows = body["workflows"].as_array().map(Vec::as_slice).unwrap_or_default();
    let file = |workflow: &Value| {
        let (_, file) = workflow["path"].as_str()?.split_once(".github/workflows/")?;
        Some(file.to_owned())
    };
    let mut files: Vec<String> = workflows.iter().filter_map(file).collect();
    files.sort();
    match files.len() {
        0 => "the repository has no workflow files".to_owned(),
        1 => format!("there is {}", files[0]),
        count if count > MAX_WORKFLOWS => {
            format!("there are {} and others", files[..MAX_WORKFLOWS].join(", "))
        }
        _ => format!("there are {}", files.join(", ")),
    }
}

fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn full_message(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> String {
    SharedError::new(error).to_string()
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use http::{HeaderName, HeaderValue};
    use serde_json::json;
    use system_health_registry::Grade::{self, Failed, Ok, Warning};

    use super::*;

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(value))])
    }

    /// 2026-06-15T12:00:00Z
    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_hours(494_868)
    }

    fn grade(finding: Option<Finding>) -> Option<Grade> {
        finding.map(|finding| finding.grade)
    }

    #[test]
    fn a_token_that_expires_soon_is_a_warning_and_an_expired_one_a_failure() {
        let expiry = |when| grade(expiry(&headers("github-authentication-token-expiration", when), now()));
        assert_eq!(expiry("2026-09-01 10:00:00 UTC"), Some(Ok));
        assert_eq!(expiry("2026-06-20 10:00:00 +0200"), Some(Warning));
        assert_eq!(expiry("2026-06-15 11:59:59 UTC"), Some(Failed));
        assert_eq!(expiry("2026-06-15 11:59:59 -0700"), Some(Warning));
        assert_eq!(expiry("2026-06-15 13:59:59 +0200"), Some(Failed));
        assert_eq!(expiry("tomorrow"), Some(Warning));
        assert_eq!(grade(super::expiry(&HeaderMap::new(), now())), None);
    }

    #[test]
    fn a_nearly_exhausted_rate_limit_is_a_warning() {
        let limit = |remaining: u64| {
            grade(limit(&json!({"resources": {"core": {"limit": 5000, "remaining": remaining}}})))
        };
        assert_eq!((limit(4999), limit(500), limit(499)), (Some(Ok), Some(Ok), Some(Warning)));
    }

    #[test]
    fn at_most_ten_of_the_existing_workflows_are_listed() {
        let listed = |count: usize| {
            let path = |n| json!({"path": format!(".github/workflows/w{n:02}.yml")});
            list_workflows(&json!({"workflows": (0..count).map(path).collect::<Vec<_>>()}))
        };
        assert_eq!(listed(0), "the repository has no workflow files");
        assert_eq!(listed(1), "there is w00.yml");
        assert_eq!(listed(2), "there are w00.yml, w01.yml");
        assert!(listed(30).ends_with("w09.yml and others"), "{}", listed(30));
    }

    #[test]
    fn a_workflow_that_github_provides_is_not_listed_as_a_file() {
        let paths = ["dynamic/github-code-scanning/codeql", ".github/workflows/ci.yml"];
        let workflows = paths.map(|path| json!({"path": path}));
        assert_eq!(list_workflows(&json!({"workflows": workflows})), "there is ci.yml");
    }
}
