//! The requests of one run: each with retries until the run's deadline, redirects followed, and the token sent to
//! GitHub's own address only.

use std::{error::Error, sync::OnceLock, time::SystemTime};

use http::{
    HeaderMap, StatusCode,
    header::{AUTHORIZATION, LOCATION},
};
use http_body_util::BodyExt;
use octocrab::Octocrab;
use system_health_http::{HttpError, Idempotency, Redactor, Retrier, Retry, header};
use system_health_registry::ApiCalls;
use url::Url;

use super::{
    attempt::FailedAttempt,
    connection::MAX_BODY_MIB,
    error::{Cause, GitHubError, Message},
    limits::judge,
    transport::{API, Transport},
};

const MAX_REDIRECTS: u32 = 5;

/// What one run needs to ask GitHub. Its requests share a deadline and a rate limit.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) http: Octocrab,
    pub(super) headers: HeaderMap,
    pub(super) redactor: Redactor,
    pub(super) retrier: Retrier<FailedAttempt>,
    pub(super) calls: ApiCalls,
    pub(super) transport: Transport,
    /// What GitHub said when it refused the token.
    pub(super) refusal: OnceLock<Message>,
}

/// A response with status 200.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// Why an attempt failed, and whether to make another.
type Failure = (Retry, Cause);

impl Session {
    /// Gets what is at an address, where redirects lead to another.
    pub(super) async fn get(&self, url: &Url) -> Result<Document, GitHubError> {
        let document = self.retrier.run(Idempotency::Idempotent, || self.get_once(url)).await;
        document.map_err(|error| GitHubError::after_retries(url.path(), self.transport.host(), error))
    }

    /// The same in a single attempt. A token that GitHub has refused is not sent again: a run over many repositories
    /// would only be refused as often.
    pub(super) async fn get_once(&self, url: &Url) -> Result<Document, FailedAttempt> {
        if let Some(message) = self.refusal.get() {
            let cause = Cause::TokenRefused { message: message.clone() };
            return Err(FailedAttempt::new(url.path(), Retry::Never, cause));
        }
        let document = self.get_following_redirects(url.clone()).await;
        document.map_err(|(retry, cause)| {
            let cause = cause.quoted(|text| self.redact(text));
            if let Cause::Status { status: StatusCode::UNAUTHORIZED, message, with_token: true } = &cause {
                self.refusal.get_or_init(|| message.clone());
            }
            FailedAttempt::new(url.path(), retry, cause)
        })
    }

    async fn get_following_redirects(&self, mut url: Url) -> Result<Document, Failure> {
        for _ in 0..=MAX_REDIRECTS {
            self.check_origin("redirect", &url).map_err(permanent)?;
            let (status, headers, body) = self.send(&url).await?;
            let target = headers.get(LOCATION).and_then(|target| url.join(target.to_str().ok()?).ok());
            match target {
                _ if status == StatusCode::OK => return Ok(Document { headers, body }),
                Some(target) if status.is_redirection() => url = target,
                _ => {
                    let with_token = self.headers.contains_key(AUTHORIZATION);
                    return Err(judge(status, &headers, &body, with_token, SystemTime::now()));
                }
            }
        }
        Err(permanent(Cause::Redirects(MAX_REDIRECTS)))
    }

    async fn send(&self, url: &Url) -> Result<(StatusCode, HeaderMap, Vec<u8>), Failure> {
        let response = self.http._get_with_headers(url.as_str(), Some(self.headers.clone())).await;
        let (parts, body) = response.map_err(|error| self.broken(inner(error)))?.into_parts();
        tracing::debug!(
            path = url.path(),
            query = url.query(),
            status = parts.status.as_u16(),
            "GitHub answered"
        );
        let body = body.collect().await.map_err(|error| self.broken(error.into()))?;
        if let Some(remaining) = header(&parts.headers, "x-ratelimit-remaining") {
            self.calls.record_quota(API, remaining);
        }
        Ok((parts.status, parts.headers, body.to_bytes().into()))
    }

    /// Refuses an address on another host.
    pub(super) fn check_origin(&self, what: &'static str, target: &Url) -> Result<(), Cause> {
        self.transport.check_origin(what, target)
    }

    /// Text from a response in the form in which it may be quoted: without the token, which a server or a
    /// proxy may repeat.
    pub(super) fn redact(&self, text: &str) -> String {
        self.redactor.redact(text)
    }

    /// A broken connection may work the next time, unless it is the configuration that is wrong.
    fn broken(&self, source: Box<dyn Error + Send + Sync>) -> Failure {
        let host = self.transport.host().to_owned();
        let http = source.downcast_ref::<HttpError>();
        let retry = http.map_or(Retry::Backoff, Retry::from);
        match http {
            Some(HttpError::Deadline) => (retry, Cause::Deadline { host }),
            Some(HttpError::TooLong(_)) => (retry, Cause::TooLarge(MAX_BODY_MIB)),
            _ => (retry, Cause::Connection { host, source }),
        }
    }
}

fn permanent(cause: Cause) -> Failure {
    (Retry::Never, cause)
}

/// octocrab wraps errors of the connection in words of its own that say nothing.
fn inner(error: octocrab::Error) -> Box<dyn Error + Send + Sync> {
    match error {
        octocrab::Error::Service { source, .. } | octocrab::Error::Other { source, .. } => source,
        error => error.into(),
    }
}
