//! The client that collectors ask.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use http::HeaderMap;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::Value;
use system_health_registry::ApiCalls;
use tokio::time::Instant;
use url::Url;

use super::{
    ApiUrl, GitHubSettings, Pages,
    error::{Cause, GitHubError},
    link::Links,
    session::{Document, Session},
    transport::{SetupError, Transport},
};

/// How much of an answer is shown that is no JSON.
const SHOWN: usize = 80;
/// How much of it is searched for the token, in bytes.
const QUOTABLE: usize = 4096;
/// How long a run may take that has no deadline of its own.
const LONGEST_RUN: Duration = Duration::from_mins(5);
/// An error takes this long at most to reach those who wait for the answer until the deadline.
const TIME_TO_REPORT: Duration = Duration::from_millis(250);

/// A client for GitHub's REST API.
///
/// It reads, and nothing else. A request is tried again when that can help and the run's deadline
/// leaves the time; redirects, as of a renamed repository, are followed on GitHub's own host.
///
/// As a resource, it has a token, or none where `source` in `[commits]` and the circumstances want to
/// read a public repository without one; otherwise there is no data without a token.
#[derive(Debug, Clone)]
pub struct GitHub {
    session: Arc<Session>,
    api: ApiUrl,
    max_pages: NonZeroU32,
}

impl GitHub {
    /// A client with or without a token. The deadline is when nobody waits for answers any more.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub(super) fn new(
        transport: &Transport,
        settings: GitHubSettings,
        token: Option<&SecretString>,
        deadline: Option<Instant>,
        calls: ApiCalls,
    ) -> Result<Self, SetupError> {
        let now = Instant::now();
        let deadline = deadline.unwrap_or(now + LONGEST_RUN);
        // Of a very short run, a tenth must do.
        let reserve = (deadline.saturating_duration_since(now) / 10).min(TIME_TO_REPORT);
        let session = transport.session(token, deadline - reserve, calls)?;
        Ok(Self { session: Arc::new(session), api: settings.api_url, max_pages: settings.max_pages })
    }

    /// Gets one document. The path is given in segments, without the address of the API:
    /// `["repos", "rust-lang", "rust"]`.
    pub async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, GitHubError> {
        let (document, _) = self.get_page(&self.api.join(path, query)).await?;
        Ok(document)
    }

    /// Asks once and without retries, also for the headers of the answer.
    pub(crate) async fn ask_once(&self, path: &[&str]) -> Result<(HeaderMap, Value), GitHubError> {
        let url = self.api.join(path, &[]);
        let failed = |cause| self.permanent(&url, cause);
        let document = self.session.get_once(&url).await.map_err(|attempt| failed(attempt.cause))?;
        let body = self.parse(&document).map_err(failed)?;
        Ok((document.headers, body))
    }

    /// Where the API is.
    pub(crate) fn api_url(&self) -> &ApiUrl {
        &self.api
    }

    /// The pages of a list. Nothing is asked yet.
    pub fn pages<P: DeserializeOwned + Send>(&self, path: &[&str], query: &[(&str, &str)]) -> Pages<P> {
        Pages::new(self.clone(), self.api.join(path, query))
    }

    pub(super) async fn get_page<P: DeserializeOwned>(&self, url: &Url) -> Result<(P, Links), GitHubError> {
        let document = self.session.get(url).await?;
        let permanent = |cause| self.permanent(url, cause);
        Ok((self.parse(&document).map_err(permanent)?, Links::of(&document.headers).map_err(permanent)?))
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
        let text = self.session.redact(&String::from_utf8_lossy(&body[..body.len().min(QUOTABLE)]));
        Cause::NotJson {
            start: text.chars().take(SHOWN).collect::<String>().escape_debug().to_string(),
            source,
        }
    }

    pub(super) fn check_origin(&self, what: &'static str, target: &Url) -> Result<(), Cause> {
        self.session.check_origin(what, target)
    }

    /// The longest list that is read, in pages.
    pub(crate) fn max_pages(&self) -> u32 {
        self.max_pages.get()
    }
}
