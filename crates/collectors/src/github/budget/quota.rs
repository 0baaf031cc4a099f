//! How many requests GitHub still allows: <https://docs.github.com/en/rest/rate-limit/rate-limit>.

use std::{
    collections::BTreeMap,
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use system_health_http::header;
use system_health_registry::SharedError;

use crate::{
    date::format_date,
    github::{GitHub, GitHubApi},
};

/// The requests that remain until a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::github) struct Quota {
    pub(super) remaining: u64,
    /// Seconds since 1970.
    reset: u64,
}

impl Quota {
    /// The quota in the headers of a response.
    pub(in crate::github) fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let remaining = header(headers, "x-ratelimit-remaining")?;
        Some(Self { remaining, reset: header(headers, "x-ratelimit-reset")? })
    }

    /// Whether the quota is still valid at a time.
    pub(super) fn lasts(self, now: SystemTime) -> bool {
        self.reset_at() > now
    }

    fn reset_at(self) -> SystemTime {
        UNIX_EPOCH.checked_add(Duration::from_secs(self.reset)).unwrap_or(UNIX_EPOCH)
    }
}

/// `4988 requests remain until 14:05 UTC`.
impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = format_date(self.reset_at()).to_string();
        let minute = date.get(11..16).unwrap_or(&date);
        let remaining = self.remaining;
        let what = if remaining == 1 { "request remains" } else { "requests remain" };
        write!(f, "{remaining} {what} until {minute} UTC")
    }
}

/// Asks GitHub how many requests remain. GitHub does not count this request. `None` if it is unknown: for example, a GitHub
/// Enterprise server without rate limits answers 404.
pub(super) async fn read(github: &GitHub) -> Option<BTreeMap<GitHubApi, Quota>> {
    match github.get_once(&["rate_limit"], &[]).await {
        Ok((_, body)) => Some(parse(&body)),
        Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => None,
        Err(error) => {
            let error = SharedError::new(error);
            tracing::debug!("cannot ask how many requests remain: {error}");
            None
        }
    }
}

/// The quotas in a response. Without a token, the GraphQL API has a limit of 0. It then has no quota here, because its metrics
/// say themselves that they need a token.
fn parse(body: &Value) -> BTreeMap<GitHubApi, Quota> {
    let quota = |name: &str| {
        let number = |field: &str| body.pointer(&format!("/resources/{name}/{field}"))?.as_u64();
        number("limit").filter(|limit| *limit > 0)?;
        Some(Quota { remaining: number("remaining")?, reset: number("reset")? })
    };
    [(GitHubApi::Rest, "core"), (GitHubApi::GraphQl, "graphql")]
        .into_iter()
        .filter_map(|(api, name)| Some((api, quota(name)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_api_has_a_quota_unless_its_limit_is_0() {
        let quotas = parse(&json!({ "resources": {
            "core": { "limit": 5000, "remaining": 12, "reset": 1_700_000_000_u64 },
            "graphql": { "limit": 0, "remaining": 0, "reset": 1_700_000_000_u64 },
        }}));
        assert_eq!(quotas.len(), 1);
        let core = quotas[&GitHubApi::Rest];
        assert_eq!(core.to_string(), "12 requests remain until 22:13 UTC");
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        assert!(core.lasts(at(1_699_999_999)) && !core.lasts(at(1_700_000_000)));
        assert!(parse(&json!({ "message": "Rate limiting is not enabled." })).is_empty());
    }
}
