//! The client that collectors use.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use http::HeaderMap;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::Value;
use system_health_registry::ApiCalls;
use tokio::time::Instant;
use url::Url;

use super::{
    Pages,
    cause::Cause,
    error::GitHubError,
    link::Links,
    session::{Document, InvalidToken, Session},
    transport::Transport,
};
use crate::github::{ApiUrl, GitHubSettings};

/// Maximum number of characters of a response that is not JSON, in messages.
const MAX_SHOWN: usize = 80;
/// Maximum number of bytes of such a response from which the token is removed.
const MAX_REDACTED: usize = 4096;
/// The deadline of a run that has none of its own.
const DEFAULT_DEADLINE: Duration = Duration::from_mins(5);
/// The time reserved for an error to reach its reader, who does not wait beyond the deadline.
const ERROR_RESERVE: Duration = Duration::from_millis(250);

/// A client for GitHub's REST API.
///
/// It only reads. Requests are retried if a retry may help and there is time before the run's deadline. Redirects, such
/// as those of a renamed repository, are followed on GitHub's own host.
///
/// As a resource, it has the token, or none if `source` in `[commits]` permits reading public repositories without one.
/// Otherwise there is no data without a token.
#[derive(Debug, Clone)]
pub struct GitHub {
    session: Arc<Session>,
    api: ApiUrl,
    max_pages: NonZeroU32,
}

impl GitHub {
    /// A client with or without a token. Nobody waits for responses after the deadline.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub(in crate::github) fn new(
        transport: &Transport,
        settings: GitHubSettings,
        token: Option<&SecretString>,
        deadline: Option<Instant>,
        calls: ApiCalls,
    ) -> Result<Self, InvalidToken> {
        let now = Instant::now();
        let deadline = deadline.unwrap_or(now + DEFAULT_DEADLINE);
        // In a very short run, the reserve is a tenth of the time.
        let reserve = (deadline.saturating_duration_since(now) / 10).min(ERROR_RESERVE);
        let session = Session::new(transport, token, deadline - reserve, calls)?;
        Ok(Self { session: Arc::new(session), api: settings.api_url, max_pages: settings.max_pages })
    }

    /// Gets one document. The path is given in segments, relative to the API's URL: `["repos", "rust-lang", "rust"]`.
    pub async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, GitHubError> {
        let (document, _) = self.get_page(&join(&self.api, path, query)).await?;
        Ok(document)
    }

    /// Gets one document and the response's headers, without retries.
    pub(crate) async fn get_once(&self, path: &[&str]) -> Result<(HeaderMap, Value), GitHubError> {
        let url = join(&self.api, path, &[]);
        let failed = |cause| self.permanent(&url, cause);
        let document = self.session.get_once(&url).await.map_err(|attempt| failed(attempt.cause))?;
        let body = self.parse(&document).map_err(failed)?;
        Ok((document.headers, body))
    }

    /// The URL of the API.
    pub(crate) fn api_url(&self) -> &ApiUrl {
        &self.api
    }

    /// The pages of a list. No request is made yet.
    pub fn pages<P: DeserializeOwned + Send>(&self, path: &[&str], query: &[(&str, &str)]) -> Pages<P> {
        Pages::new(self.clone(), join(&self.api, path, query))
    }

    pub(super) async fn get_page<P: DeserializeOwned>(&self, url: &Url) -> Result<(P, Links), GitHubError> {
        let document = self.session.get(url).await?;
        let permanent = |cause| self.permanent(url, cause);
        Ok((self.parse(&document).map_err(permanent)?, Links::parse(&document.headers).map_err(permanent)?))
    }

    fn permanent(&self, url: &Url, cause: Cause) -> GitHubError {
        GitHubError::new(url.path(), cause.quoted(|text| self.session.redact(text)))
    }

    fn parse<T: DeserializeOwned>(&self, document: &Document) -> Result<T, Cause> {
        let not_json = |source| self.not_json(&document.body, source);
        let mut json = serde_json::Deserializer::from_slice(&document.body);
        let parsed = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let at = error.path().to_string();
            let source = error.into_inner();
            if source.is_data() { Cause::Shape { at, source } } else { not_json(source) }
        })?;
        json.end().map_err(not_json)?;
        Ok(parsed)
    }

    fn not_json(&self, body: &[u8], source: serde_json::Error) -> Cause {
        // Redacted before it is cut, because a part of the token is secret, too.
        let text = self.session.redact(&String::from_utf8_lossy(&body[..body.len().min(MAX_REDACTED)]));
        Cause::NotJson {
            start: text.chars().take(MAX_SHOWN).collect::<String>().escape_debug().to_string(),
            source,
        }
    }

    pub(super) fn check_origin(&self, what: &'static str, target: &Url) -> Result<(), Cause> {
        self.session.check_origin(what, target)
    }

    /// The maximum number of pages of a list.
    pub(crate) fn max_pages(&self) -> u32 {
        self.max_pages.get()
    }
}

/// The URL of a resource of the API.
fn join(api: &ApiUrl, path: &[&str], query: &[(&str, &str)]) -> Url {
    let mut url = api.as_url().clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_below_the_api() {
        let api_url = |text: &str| ApiUrl::try_from(text.to_owned()).unwrap();
        let joined =
            |base: &str| join(&api_url(base), &["repos", "a", "b c"], &[("sha", "x/y z")]).to_string();
        let default = join(&ApiUrl::default(), &["repos", "a"], &[]);
        assert_eq!(default.as_str(), "https://api.github.com/repos/a");
        assert_eq!(joined("http://127.0.0.1:8080"), "http://127.0.0.1:8080/repos/a/b%20c?sha=x%2Fy+z");
        for base in ["https://ghe.example.com/api/v3", "https://ghe.example.com/api/v3/"] {
            assert_eq!(joined(base), "https://ghe.example.com/api/v3/repos/a/b%20c?sha=x%2Fy+z");
        }
    }
}
