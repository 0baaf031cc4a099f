//! The connections to one API, which outlive a run.

use std::sync::OnceLock;

use anyhow::Context as _;
use http::{
    HeaderMap, HeaderValue,
    header::{ACCEPT, AUTHORIZATION, USER_AGENT},
};
use secrecy::{ExposeSecret, SecretString};
use system_health_http::{HttpClient, HttpSettings, Redactor, Retrier, RetryPolicy};
use system_health_registry::{ApiCalls, Context, FromContext, Scope, Unavailable};
use tokio::time::Instant;
use url::{Origin, Url};

use super::{ApiUrl, GitHubSettings, connection, error::Cause, session::Session};

/// The name of GitHub's API in [`ApiCalls`].
pub(super) const API: &str = "github";

/// The connections to one API. What belongs to a run, such as its deadline and its token, is in the [`Session`].
#[derive(Debug, Clone)]
pub(super) struct Transport {
    http: HttpClient,
    origin: Origin,
    host: String,
}

/// Why there can be no session.
#[derive(Debug, thiserror::Error)]
pub(super) enum SetupError {
    #[error("the GitHub token contains characters that no token has; check where it is set")]
    Token,
    #[error(transparent)]
    Client(#[from] system_health_http::SetupError),
}

impl Transport {
    /// Sets up the client. Nothing is sent yet.
    pub(super) fn new(api: &ApiUrl) -> Result<Self, SetupError> {
        let http = HttpClient::new(api.as_url(), HttpSettings::new(API))?;
        Ok(Self { http, origin: api.origin(), host: api.host().to_owned() })
    }

    /// The requests of one run over these connections.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub(super) fn session(
        &self,
        token: Option<&SecretString>,
        deadline: Instant,
        calls: ApiCalls,
    ) -> Result<Session, SetupError> {
        let http = self.http.with_calls(calls.clone()).with_deadline(deadline);
        Ok(Session {
            http: connection::client(http),
            headers: headers(token)?,
            redactor: Redactor::new(token.map(ExposeSecret::expose_secret), "[token]"),
            retrier: Retrier::new(RetryPolicy::default(), deadline),
            calls,
            transport: self.clone(),
            refusal: OnceLock::new(),
        })
    }

    /// The host, without its port.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Refuses an address on another host: it would be asked in GitHub's name, with its token.
    pub(super) fn check_origin(&self, what: &'static str, target: &Url) -> Result<(), Cause> {
        if target.origin() == self.origin {
            return Ok(());
        }
        let expected = self.origin.ascii_serialization();
        Err(Cause::Elsewhere { what, target: target.origin().ascii_serialization(), expected })
    }
}

impl FromContext for Transport {
    const SCOPE: Scope = Scope::Process;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let settings = context.get::<GitHubSettings>().await?;
        Ok(Self::new(&settings.api_url).context("cannot use GitHub")?)
    }
}

/// The headers of every request.
fn headers(token: Option<&SecretString>) -> Result<HeaderMap, SetupError> {
    let mut headers = HeaderMap::from_iter([
        (USER_AGENT, HeaderValue::from_static(concat!("system-health/", env!("CARGO_PKG_VERSION")))),
        (ACCEPT, HeaderValue::from_static("application/vnd.github+json")),
    ]);
    if let Some(token) = token {
        // octocrab's own setting panics on a token that no header can hold.
        let bearer = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()));
        let mut bearer = bearer.map_err(|_| SetupError::Token)?;
        bearer.set_sensitive(true);
        headers.insert(AUTHORIZATION, bearer);
    }
    Ok(headers)
}
