//! Whether GitHub answers, takes the token, and has what the metrics ask for.

use std::time::{Duration, SystemTime};

use futures::{StreamExt, stream};
use http::HeaderMap;
use serde_json::Value;
use system_health_credentials::Credentials;
use system_health_http::server_time;
use system_health_registry::{Context, Finding, SharedError, Subjects, Unavailable};

use super::bounded;
use crate::{
    ci::{CiSettings, CiVerdict, RunsError},
    github::{GitHub, GitHubRepository, TOKEN},
    repository::Repository,
};

/// A token that ends sooner is worth a warning.
const SOON: Duration = Duration::from_hours(7 * 24);
/// Some repositories have very many workflows.
const MOST_NAMES: usize = 10;

/// Looks at the token, the API, the repository and the workflow.
pub async fn github(context: &Context) -> Vec<Finding> {
    let mut findings = token(context).await;
    let client = match context.get::<GitHub>().await {
        Ok(client) => client,
        Err(Unavailable::NoData(_)) => {
            findings.push(Finding::warning(
                "GitHub",
                "is not asked without a token; commits come from the local clone",
            ));
            return findings;
        }
        Err(error) => {
            findings.push(Finding::failed("GitHub", error.to_string()));
            return findings;
        }
    };
    let (api, repository) = tokio::join!(Finding::in_time("GitHub", api(&client)), repositories(context),);
    findings.extend(api);
    findings.extend(repository);
    findings
}

async fn token(context: &Context) -> Vec<Finding> {
    const SUBJECT: &str = "GitHub token";
    let credentials: Credentials = match context.get().await {
        Ok(credentials) => credentials,
        Err(error) => return vec![Finding::failed(SUBJECT, error.to_string())],
    };
    vec![match credentials.place(&TOKEN).await {
        Ok(place) => Finding::ok(SUBJECT, format!("is {}", place.to_string().trim_end_matches(','))),
        Err(absent) if absent.is_absent() => Finding::warning(SUBJECT, said(absent)),
        Err(failed) => Finding::failed(SUBJECT, said(failed)),
    }]
}

/// One request that costs nothing tells all about the token.
/// See <https://docs.github.com/en/rest/rate-limit/rate-limit>.
async fn api(client: &GitHub) -> Vec<Finding> {
    match client.ask_once(&["rate_limit"]).await {
        // GitHub Enterprise answers so if its administrators have turned rate limits off.
        Err(error) if error.status().is_some_and(|status| status.as_u16() == 404) => {
            vec![Finding::ok("GitHub", format!("{} answers, and has no rate limit", client.api_url()))]
        }
        Err(error) => vec![Finding::failed("GitHub", said(error))],
        Ok((headers, body)) => {
            let now = SystemTime::now();
            let reachable = Finding::ok("GitHub", format!("{} answers", client.api_url()));
            [Some(reachable), scopes(&headers), expiry(&headers, now), limit(&body), date(&headers, now)]
                .into_iter()
                .flatten()
                .collect()
        }
    }
}

/// Only classic tokens have scopes. See
/// <https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps>.
fn scopes(headers: &HeaderMap) -> Option<Finding> {
    let scopes = text(headers, "x-oauth-scopes")?;
    Some(match scopes {
        "" => Finding::ok("GitHub token scopes", "none: it reads public repositories"),
        scopes => Finding::ok("GitHub token scopes", scopes),
    })
}

/// When the token ends, written such as `2026-12-24 10:00:00 UTC` or with an offset from UTC.
fn expiry(headers: &HeaderMap, now: SystemTime) -> Option<Finding> {
    const SUBJECT: &str = "GitHub token expiry";
    let written = text(headers, "github-authentication-token-expiration")?;
    let moment = written.get(..19).map(|moment| moment.replace(' ', "T") + "Z");
    let end = moment.and_then(|moment| humantime::parse_rfc3339(&moment).ok());
    Some(match end.map(|end| end.duration_since(now)) {
        Some(Ok(left)) if left >= SOON => Finding::ok(SUBJECT, written),
        Some(Ok(_)) => Finding::warning(SUBJECT, format!("{written}: renew it soon")),
        Some(Err(_)) => Finding::failed(SUBJECT, format!("{written}: it has expired; make a new one")),
        None => Finding::warning(SUBJECT, format!("`{written}` is no time that can be read")),
    })
}

fn limit(body: &Value) -> Option<Finding> {
    let number = |name: &str| body.pointer(&format!("/resources/core/{name}"))?.as_u64();
    let (left, most) = (number("remaining")?, number("limit")?);
    let message = format!("{left} of {most} requests are left in this hour");
    Some(if left * 10 < most {
        Finding::warning("GitHub rate limit", message + "; let fewer runs share the token")
    } else {
        Finding::ok("GitHub rate limit", message)
    })
}

fn date(headers: &HeaderMap, now: SystemTime) -> Option<Finding> {
    Some(Finding::clock("GitHub", server_time(headers)?, now))
}

/// The subject of what is found about a repository.
const REPOSITORY: &str = "GitHub repository";
/// Maximum number of repositories that are asked about at once, as in a run.
const CONCURRENT: usize = 16;

async fn repositories(context: &Context) -> Vec<Finding> {
    let repositories = match context.get::<Subjects<Repository>>().await {
        Ok(repositories) => repositories,
        Err(unavailable) => return vec![Finding::failed(REPOSITORY, unavailable.to_string())],
    };
    let all: Vec<Repository> = repositories.iter().cloned().collect();
    if let [repository] = &all[..] {
        return Finding::in_time(REPOSITORY, only(context, repository)).await;
    }
    // Their workflows are asked for by the metrics, whose findings are shown, too. A second time would be much.
    let probe = async |repository: Repository| {
        let subject = format!("{REPOSITORY} {repository}");
        Finding::in_time(&subject, one_of_many(context, repository, &subject)).await
    };
    let problems: Vec<Finding> = stream::iter(all.clone()).map(probe).buffered(CONCURRENT).concat().await;
    let good = all.len() - problems.len();
    let summary = format!("{good} of {} repositories can be read, or need not be", all.len());
    let summary = if problems.is_empty() {
        Finding::ok(REPOSITORY, summary)
    } else {
        Finding::failed(REPOSITORY, summary)
    };
    [vec![summary], bounded(problems)].concat()
}

/// What is wrong with one of several repositories, if anything is.
async fn one_of_many(context: &Context, repository: Repository, subject: &str) -> Vec<Finding> {
    let failed = |message| vec![Finding::failed(subject, message)];
    match context.about(repository).get::<GitHubRepository>().await {
        Err(Unavailable::NoData(_)) => vec![],
        Err(error) => failed(error.to_string()),
        Ok(repository) => {
            repository.ask_once(&[]).await.err().map_or_else(Vec::new, |error| failed(said(error)))
        }
    }
}

async fn only(context: &Context, repository: &Repository) -> Vec<Finding> {
    let context = context.about(repository.clone());
    let on_github: GitHubRepository = match context.get().await {
        Ok(repository) => repository,
        Err(unavailable) => return vec![Finding::failed(REPOSITORY, unavailable.to_string())],
    };
    match on_github.ask_once(&[]).await {
        Err(error) => vec![Finding::failed(REPOSITORY, said(error))],
        Ok((_, body)) => {
            let branch = body["default_branch"].as_str().unwrap_or("unknown");
            let found = Finding::ok(REPOSITORY, format!("{repository}, default branch {branch}"));
            vec![found, workflow(&context, repository, &on_github).await]
        }
    }
}

/// Asks what a run asks, so that permissions, settings and jobs are checked, too.
async fn workflow(context: &Context, repository: &Repository, on_github: &GitHubRepository) -> Finding {
    const SUBJECT: &str = "GitHub workflow";
    let workflow = match context.get::<CiSettings>().await {
        Ok(settings) => repository.ci(&settings).workflow,
        Err(error) => return Finding::failed(SUBJECT, error.to_string()),
    };
    match context.get::<CiVerdict>().await {
        Ok(CiVerdict { passed, branch, .. }) => {
            let state = if passed { "pass" } else { "fail" };
            Finding::ok(SUBJECT, format!("{workflow}: the tests {state} on the branch `{branch}`"))
        }
        Err(Unavailable::NoData(no_data)) => Finding::warning(SUBJECT, no_data.to_string()),
        Err(Unavailable::Error(error)) if is_missing_workflow(&error) => {
            let there = match on_github.ask_once(&["actions", "workflows"]).await {
                Ok((_, body)) => there_are(&body),
                Err(error) => format!("the token may not read actions ({})", said(error)),
            };
            let table = repository.ci_tables().workflow;
            Finding::failed(
                SUBJECT,
                format!("there is no `{workflow}` in .github/workflows: {there}; set `workflow` in {table}"),
            )
        }
        Err(Unavailable::Error(error)) => Finding::failed(SUBJECT, error.to_string()),
    }
}

fn is_missing_workflow(error: &SharedError) -> bool {
    matches!(error.as_error().downcast_ref(), Some(RunsError::NoWorkflow { .. }))
}

/// The files of a list of workflows.
/// See <https://docs.github.com/en/rest/actions/workflows#list-repository-workflows>.
fn there_are(body: &Value) -> String {
    let workflows = body["workflows"].as_array().map(Vec::as_slice).unwrap_or_default();
    let path = |workflow: &Value| workflow["path"].as_str()?.rsplit('/').next().map(str::to_owned);
    let mut files: Vec<String> = workflows.iter().filter_map(path).collect();
    files.sort();
    match files.len() {
        0 => "the repository has no workflows".to_owned(),
        count if count > MOST_NAMES => format!("there are {} and others", files[..MOST_NAMES].join(", ")),
        _ => format!("there are {}", files.join(", ")),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn said(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> String {
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
    fn a_token_that_ends_soon_is_a_warning_and_one_that_ended_a_failure() {
        let expiry = |when| grade(expiry(&headers("github-authentication-token-expiration", when), now()));
        assert_eq!(expiry("2026-09-01 10:00:00 UTC"), Some(Ok));
        assert_eq!(expiry("2026-06-20 10:00:00 +0200"), Some(Warning));
        assert_eq!(expiry("2026-06-15 11:59:59 UTC"), Some(Failed));
        assert_eq!(expiry("tomorrow"), Some(Warning));
        assert_eq!(grade(super::expiry(&HeaderMap::new(), now())), None);
    }

    #[test]
    fn a_rate_limit_that_is_nearly_used_up_is_a_warning() {
        let limit = |remaining: u64| {
            grade(limit(&json!({"resources": {"core": {"limit": 5000, "remaining": remaining}}})))
        };
        assert_eq!((limit(4999), limit(500), limit(499)), (Some(Ok), Some(Ok), Some(Warning)));
    }

    #[test]
    fn the_workflows_that_there_are_are_named_but_not_hundreds_of_them() {
        let of = |count: usize| {
            let path = |n| json!({"path": format!(".github/workflows/w{n:02}.yml")});
            there_are(&json!({"workflows": (0..count).map(path).collect::<Vec<_>>()}))
        };
        assert_eq!(of(0), "the repository has no workflows");
        assert_eq!(of(2), "there are w00.yml, w01.yml");
        assert!(of(30).ends_with("w09.yml and others"), "{}", of(30));
    }
}
