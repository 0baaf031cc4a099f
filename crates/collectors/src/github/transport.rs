//! One GET, whole: connect, follow redirects, read the body; within time and size, and with the token
//! sent to GitHub's own address only.

use std::time::SystemTime;

use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{ACCEPT, AUTHORIZATION, LOCATION, USER_AGENT},
};
use http_body_util::BodyExt;
use octocrab::Octocrab;
use secrecy::{ExposeSecret, SecretString};
use system_health_http::{HttpClient, HttpError, HttpSettings, redact};
use system_health_registry::ApiCalls;
use tokio::time::{Instant, timeout_at};
use url::{Origin, Url};

use super::{
    ApiUrl,
    connection::{self, MAX_BODY_MIB, TooLong},
    error::Cause,
    limits::{Failed, Retry},
};

const MAX_REDIRECTS: u32 = 5;

/// The connection to one API.
#[derive(Debug)]
pub(super) struct Transport {
    http: Octocrab,
    token: Option<SecretString>,
    origin: Origin,
    host: String,
    headers: HeaderMap,
    deadline: Instant,
    calls: ApiCalls,
}

/// The name of GitHub's API in [`ApiCalls`].
const API: &str = "github";

/// An answer with status 200.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// Why there can be no connection at all.
#[derive(Debug, thiserror::Error)]
pub(super) enum SetupError {
    #[error("the GitHub token contains characters that no token has; check where it is set")]
    Token,
    #[error(transparent)]
    Client(#[from] system_health_http::SetupError),
}

impl Transport {
    /// Sets up the client. Nothing is sent yet.
    pub(super) fn new(
        api: &ApiUrl,
        token: Option<&SecretString>,
        deadline: Instant,
        calls: ApiCalls,
    ) -> Result<Self, SetupError> {
        let mut headers = HeaderMap::new();
        headers.insert(
            USER_AGENT,
            HeaderValue::from_static(concat!("system-health/", env!("CARGO_PKG_VERSION"))),
        );
        headers.insert(ACCEPT, HeaderValue::from_static("application/vnd.github+json"));
        if let Some(token) = token {
            // octocrab's own setting panics on a token that no header can hold.
            let bearer = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()));
            let mut bearer = bearer.map_err(|_| SetupError::Token)?;
            bearer.set_sensitive(true);
            headers.insert(AUTHORIZATION, bearer);
        }
        let settings = HttpSettings::new(API, calls.clone());
        Ok(Self {
            http: connection::client(HttpClient::new(api.as_url(), settings)?),
            token: token.cloned(),
            origin: api.origin(),
            host: api.host().to_owned(),
            headers,
            deadline,
            calls,
        })
    }

    /// The moment after which nobody waits for an answer.
    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Refuses an address on another host: it would be asked in GitHub's name, with its token.
    pub(super) fn check_origin(&self, what: &'static str, target: &Url) -> Result<(), Cause> {
        if target.origin() == self.origin {
            return Ok(());
        }
        let expected = self.origin.ascii_serialization();
        Err(Cause::Elsewhere { what, target: target.origin().ascii_serialization(), expected })
    }

    /// Gets an address, where redirects lead to another.
    pub(super) async fn get(&self, url: &Url) -> Result<Answer, Failed> {
        let answer = timeout_at(self.deadline, self.get_following_redirects(url.clone())).await;
        let answer =
            answer.unwrap_or_else(|_| Err(Failed::permanently(Cause::Deadline { host: self.host.clone() })));
        answer.map_err(|failed| Failed { cause: failed.cause.quoted(|text| self.quote(text)), ..failed })
    }

    async fn get_following_redirects(&self, mut url: Url) -> Result<Answer, Failed> {
        for _ in 0..=MAX_REDIRECTS {
            self.check_origin("redirect", &url).map_err(Failed::permanently)?;
            let (status, headers, body) = self.send(&url).await?;
            let target = headers.get(LOCATION).and_then(|target| url.join(target.to_str().ok()?).ok());
            match target {
                _ if status == StatusCode::OK => return Ok(Answer { headers, body }),
                Some(target) if status.is_redirection() => url = target,
                _ => {
                    let with_token = self.headers.contains_key(AUTHORIZATION);
                    return Err(Failed::of(status, &headers, &body, with_token, SystemTime::now()));
                }
            }
        }
        Err(Failed::permanently(Cause::Redirects(MAX_REDIRECTS)))
    }

    async fn send(&self, url: &Url) -> Result<(StatusCode, HeaderMap, Vec<u8>), Failed> {
        let response = self.http._get_with_headers(url.as_str(), Some(self.headers.clone())).await;
        let (parts, body) = response.map_err(|error| self.broken(inner(error)))?.into_parts();
        tracing::debug!(
            path = url.path(),
            query = url.query(),
            status = parts.status.as_u16(),
            "GitHub answered"
        );
        let body = body.collect().await.map_err(|error| self.broken(error.into()))?;
        let remaining = parts.headers.get("x-ratelimit-remaining");
        if let Some(remaining) = remaining.and_then(|text| text.to_str().ok()?.parse().ok()) {
            self.calls.record_quota(API, remaining);
        }
        Ok((parts.status, parts.headers, body.to_bytes().into()))
    }

    /// Text from a response in the form in which it may be quoted: without the token, which a server or a
    /// proxy may repeat.
    pub(super) fn quote(&self, text: &str) -> String {
        redact(text, self.token.as_ref().map(ExposeSecret::expose_secret), "[token]")
    }

    /// A broken connection may work the next time, unless it is the configuration that is wrong.
    fn broken(&self, source: Box<dyn std::error::Error + Send + Sync>) -> Failed {
        if source.is::<TooLong>() {
            return Failed::permanently(Cause::TooLarge(MAX_BODY_MIB));
        }
        let is_permanent = source.downcast_ref().is_some_and(HttpError::is_permanent);
        let cause = Cause::Connection { host: self.host.clone(), source };
        if is_permanent { Failed::permanently(cause) } else { Failed { retry: Retry::Soon, cause } }
    }
}

/// octocrab wraps errors of the connection in words of its own that say nothing.
fn inner(error: octocrab::Error) -> Box<dyn std::error::Error + Send + Sync> {
    match error {
        octocrab::Error::Service { source, .. } | octocrab::Error::Other { source, .. } => source,
        error => error.into(),
    }
}
