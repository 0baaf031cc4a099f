//! Which endpoint answers a request.

use serde_json::json;

use super::{
    checks, distributions, endpoint::EndpointResult, events, manage::manage, overview, series, state::State,
    traces, unknown::answer_unknown,
};
use crate::{
    exchange::{Answer, Request},
    rules::{Finding, Rule},
};

/// Prefixes of the paths that need an application key in addition to the API key.
const APPLICATION_KEY_PREFIXES: [&str; 5] =
    ["/api/v2/validate_keys", "/api/v1/query", "/api/v1/metrics", "/api/v1/dashboard", "/api/v1/monitor"];

/// The prefix of the intake's own endpoints, which Datadog does not have.
const OWN_PREFIX: &str = "/api/v1/intake";

/// Whether Datadog wants an application key for a request, in addition to the API key.
#[must_use]
pub fn requires_application_key(method: &str, path: &str) -> bool {
    APPLICATION_KEY_PREFIXES.iter().any(|prefix| path.starts_with(prefix))
        || (method == "GET" && path.starts_with("/api/v1/events"))
}

/// Answers a request. A missing key only adds a finding, and any key is accepted.
pub(crate) fn answer(state: &mut State, request: &Request) -> Answer {
    let path = request.path();
    if path.starts_with(OWN_PREFIX) {
        return to_answer(200, overview::answer(state, request));
    }
    // The page that the intake itself serves needs no keys.
    if path.starts_with("/api/") && request.header("sec-fetch-site") != Some("same-origin") {
        add_missing_key_findings(state, request);
    }
    match (&*request.method, path) {
        ("GET", "/api/v1/validate") => Answer::json(200, &json!({ "valid": true })),
        ("POST", "/api/v2/series") => series::accept(state, request),
        ("POST", "/api/v1/series") => series::accept_v1(state, request),
        ("POST", "/api/v1/distribution_points") => distributions::accept(state, request),
        ("POST", "/api/v1/check_run") => checks::accept(state, request),
        ("POST", "/api/v1/events") => to_answer(202, events::create(state, request)),
        ("GET", "/api/v1/events") => to_answer(200, events::list(state, request)),
        ("PUT" | "POST", "/v0.3/traces" | "/v0.4/traces") => traces::accept(state, request),
        ("GET", "/info") => Answer::json(200, &traces::info()),
        ("GET", path) if path.starts_with("/api/v1/events/") => {
            to_answer(200, events::read(state, path.trim_start_matches("/api/v1/events/")))
        }
        (method, path) if requires_application_key(method, path) => to_answer(200, manage(state, request)),
        _ => answer_unknown(state, request),
    }
}

fn to_answer(status: u16, result: EndpointResult) -> Answer {
    result.map_or_else(|refusal| refusal, |body| Answer::json(status, &body))
}

/// Adds a finding for each missing key, because Datadog would refuse the request. Older clients send keys as parameters.
fn add_missing_key_findings(state: &mut State, request: &Request) {
    let has = |header: &str, parameter: &str| {
        let key = request.header(header).map(str::to_owned).or_else(|| request.parameter(parameter));
        key.is_some_and(|key| !key.trim().is_empty())
    };
    if !has("dd-api-key", "api_key") {
        let message = "a request has no API key; the header DD-API-KEY is missing";
        state.add_finding(&Finding::new(Rule::Keys, request.path(), message));
    }
    if requires_application_key(&request.method, request.path())
        && !has("dd-application-key", "application_key")
    {
        let message = "a request has no application key; the header DD-APPLICATION-KEY is missing";
        state.add_finding(&Finding::new(Rule::Keys, request.path(), message));
    }
}
