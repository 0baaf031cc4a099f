//! GitHub's error responses. The endpoints return them as GitHub does. A test can also script them as faults:
//! `github.fail("/jobs", refusal::server_error(502))`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::server::Answer;

const DOCS: &str = "https://docs.github.com";
const RATE_LIMIT_DOCS: &str = "/rest/using-the-rest-api/rate-limits-for-the-rest-api";

/// 401: the token is wrong.
#[must_use]
pub fn bad_credentials() -> Answer {
    error(401, "Bad credentials", "/rest")
}

/// 401: the token that a GitHub App signed is malformed, or its signature does not match the app's key.
#[must_use]
pub fn undecodable_token() -> Answer {
    error(401, "A JSON web token could not be decoded", "/rest")
}

/// 401: the token that a GitHub App signed has expired, expires too late, or was issued in the future. The message is that of
/// a token that expires too late.
#[must_use]
pub fn untimely_token() -> Answer {
    error(401, "'Expiration time' claim ('exp') is too far in the future", "/rest")
}

/// 404: there is no such GitHub App.
pub(super) fn no_app() -> Answer {
    error(404, "Integration not found", "/rest")
}

/// 403: the token is valid but has no permission.
#[must_use]
pub fn forbidden() -> Answer {
    error(403, "Resource not accessible by personal access token", "/rest")
}

/// 403: the token lacks this permission, such as `actions=read`.
#[must_use]
pub fn forbidden_without(permission: &str) -> Answer {
    forbidden().with_header("x-accepted-github-permissions", permission)
}

/// 404: the classic token lacks this scope, such as `repo`.
#[must_use]
pub fn not_found_without(scope: &str) -> Answer {
    not_found("/rest").with_header("x-accepted-oauth-scopes", scope).with_header("x-oauth-scopes", "gist")
}

/// 403 or 429: all `limit` requests of the hour are used up. The next hour starts at `reset`.
#[must_use]
pub fn rate_limit(status: u16, limit: u32, reset: SystemTime) -> Answer {
    let limit = limit.to_string();
    error(status, "API rate limit exceeded for user ID 1.", RATE_LIMIT_DOCS)
        .with_header("x-ratelimit-limit", &limit)
        .with_header("x-ratelimit-remaining", "0")
        .with_header("x-ratelimit-used", &limit)
        .with_header("x-ratelimit-reset", &epoch_seconds(reset).to_string())
        .with_header("x-ratelimit-resource", "core")
}

/// 403 or 429: too many requests in a short time. The next one is allowed after `retry_after`.
#[must_use]
pub fn secondary_rate_limit(status: u16, retry_after: Duration) -> Answer {
    let message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
    error(status, message, &format!("{RATE_LIMIT_DOCS}#about-secondary-rate-limits"))
        .with_header("retry-after", &retry_after.as_secs().to_string())
}

/// 500, 502 or 503: GitHub has a problem.
#[must_use]
pub fn server_error(status: u16) -> Answer {
    json_answer(status, &json!({ "message": "Server Error" }))
}

/// 200: the GraphQL queries of the hour are exhausted. It has no headers that say when the hour ends.
#[must_use]
pub fn query_rate_limit() -> Answer {
    let error = json!({ "type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 1." });
    json_answer(200, &json!({ "errors": [error] }))
}

/// 200 or 502: GitHub gave up on a GraphQL query.
#[must_use]
pub fn query_timeout(status: u16) -> Answer {
    let message = "Something went wrong while executing your query. This may be the result of a timeout, or it could be \
                   a GitHub bug. Please include `C0DE:1234:5678` when reporting this issue.";
    json_answer(status, &json!({ "data": null, "errors": [{ "message": message }] }))
}

/// 200: an error with a type, such as `FORBIDDEN`, and data in which the repository is null.
#[must_use]
pub fn query_error(error_type: &str, message: &str) -> Answer {
    let error = json!({ "type": error_type, "path": ["repository"], "message": message });
    json_answer(200, &json!({ "data": { "repository": null }, "errors": [error] }))
}

/// 403: GraphQL queries need a token.
pub(super) fn query_without_token() -> Answer {
    let message = "API rate limit exceeded for 127.0.0.1. (But here's the good news: Authenticated requests get a higher \
                   rate limit. Check out the documentation for more details.)";
    error(403, message, RATE_LIMIT_DOCS)
}

/// 404: the resource does not exist, or the caller may not see it.
pub(super) fn not_found(documentation: &str) -> Answer {
    error(404, "Not Found", documentation)
}

/// 404: the repository has no branch with this name.
pub(super) fn branch_not_found(documentation: &str) -> Answer {
    error(404, "Branch not found", documentation)
}

/// 409: the repository has no commits at all.
pub(super) fn empty_repository(documentation: &str) -> Answer {
    error(409, "Git Repository is empty.", documentation)
}

/// 400: a parameter is invalid.
pub(super) fn bad_parameter(parameter: &str, documentation: &str) -> Answer {
    error(400, &format!("Invalid value for {parameter}"), documentation)
}

/// 403: the request has no user agent.
pub(super) fn no_user_agent() -> Answer {
    let message =
        "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.";
    error(403, message, "/rest/using-the-rest-api/getting-started-with-the-rest-api#user-agent")
}

/// 301: the repository or the branch was renamed, and `url` is the new URL.
pub(super) fn moved(url: &str) -> Answer {
    let documentation_url =
        format!("{DOCS}/rest/guides/best-practices-for-using-the-rest-api#follow-redirects");
    let body = json!({ "message": "Moved Permanently", "url": url, "documentation_url": documentation_url });
    json_answer(301, &body).with_header("location", url)
}

/// A response with a JSON body and GitHub's content type.
pub(super) fn json_answer(status: u16, body: &Value) -> Answer {
    Answer::text(status, "application/json; charset=utf-8", &body.to_string())
}

/// A time in the format of the rate limit headers.
pub(super) fn epoch_seconds(instant: SystemTime) -> u64 {
    instant.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn error(status: u16, message: &str, documentation: &str) -> Answer {
    let documentation_url = format!("{DOCS}{documentation}");
    json_answer(
        status,
        &json!({ "message": message, "documentation_url": documentation_url, "status": status.to_string() }),
    )
}
