//! One GET, whole: connect, follow redirects, read the body; within time and size, and with the token
//! sent to GitHub's own address only.

use std::{io, time::SystemTime};

use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{ACCEPT, AUTHORIZATION, LOCATION, USER_AGENT},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use octocrab::Octocrab;
use secrecy::{ExposeSecret, SecretString};
use system_health_registry::ApiCalls;
use tokio::time::{Instant, timeout_at};
use url::{Origin, Url};

use super::{
    ApiUrl, connection,
    error::Cause,
    limits::{Failed, Retry},
};

const MAX_REDIRECTS: u32 = 5;
const MAX_BODY_MIB: usize = 50;

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
    #[error("cannot load this machine's root certificates")]
    Certificates(#[from] io::Error),
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
        Ok(Self {
            http: connection::client()?,
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
        answer.unwrap_or_else(|_| Err(Failed::permanently(Cause::Deadline { host: self.host.clone() })))
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

    /// Sends one request and counts it; one that is given up counts as not answered.
    async fn send(&self, url: &Url) -> Result<(StatusCode, HeaderMap, Vec<u8>), Failed> {
        let started = Instant::now();
        let mut call = Call { calls: &self.calls, started, status: None };
        let answer = self.send_uncounted(url).await;
        if let Ok((status, headers, _)) = &answer {
            call.status = Some(status.as_u16());
            let remaining =
                headers.get("x-ratelimit-remaining").and_then(|text| text.to_str().ok()?.parse().ok());
            if let Some(remaining) = remaining {
                self.calls.record_quota(API, remaining);
            }
        }
        answer
    }

    async fn send_uncounted(&self, url: &Url) -> Result<(StatusCode, HeaderMap, Vec<u8>), Failed> {
        let response = self.http._get_with_headers(url.as_str(), Some(self.headers.clone())).await;
        let (parts, body) = response.map_err(|error| self.broken(inner(error)))?.into_parts();
        tracing::debug!(
            path = url.path(),
            query = url.query(),
            status = parts.status.as_u16(),
            "GitHub answered"
        );
        match Limited::new(body, MAX_BODY_MIB << 20).collect().await {
            Ok(body) => Ok((parts.status, parts.headers, self.without_token(body.to_bytes().into()))),
            Err(error) if error.is::<LengthLimitError>() => {
                Err(Failed::permanently(Cause::TooLarge(MAX_BODY_MIB)))
            }
            Err(error) => Err(self.broken(error)),
        }
    }

    /// An answer without the token, which a server or a proxy in the way may repeat: answers are quoted
    /// in messages.
    fn without_token(&self, body: Vec<u8>) -> Vec<u8> {
        let token = self.token.as_ref().map(ExposeSecret::expose_secret);
        match (token, String::from_utf8_lossy(&body)) {
            (Some(token), text) if text.contains(token) => text.replace(token, "[token]").into(),
            _ => body,
        }
    }

    /// A broken connection may work the next time.
    fn broken(&self, source: Box<dyn std::error::Error + Send + Sync>) -> Failed {
        Failed { retry: Retry::Soon, cause: Cause::Connection { host: self.host.clone(), source } }
    }
}

/// A request under way, which is counted when it ends, however it ends.
struct Call<'a> {
    calls: &'a ApiCalls,
    started: Instant,
    status: Option<u16>,
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.calls.record(API, self.status, self.started.elapsed());
    }
}

/// octocrab wraps errors of the connection in words of its own that say nothing.
fn inner(error: octocrab::Error) -> Box<dyn std::error::Error + Send + Sync> {
    match error {
        octocrab::Error::Service { source, .. } | octocrab::Error::Other { source, .. } => source,
        error => error.into(),
    }
}
