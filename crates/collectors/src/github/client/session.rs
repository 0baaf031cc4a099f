//! The requests of one run. They are retried until the run's deadline, follow redirects, and send the token only to
//! GitHub's own host.

use std::{
    error::Error,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use http::{
    HeaderMap, HeaderValue, Response, StatusCode,
    header::{ACCEPT, AUTHORIZATION, IF_NONE_MATCH, LOCATION, USER_AGENT},
};
use http_body_util::BodyExt;
use octocrab::Octocrab;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use system_health_http::{HttpError, Idempotency, Redactor, Retrier, Retry, RetryPolicy, header};
use system_health_registry::{ApiCalls, ResponseCache, SharedError};
use tokio::time::Instant;
use url::Url;

use super::{
    attempt::FailedAttempt,
    cause::{Cause, ErrorBody},
    error::GitHubError,
    identity::{Identity, Renewal},
    kept_response::{KeptResponse, Owner},
    query::QueryAnswer,
    rate_limit::classify_response,
    request::Request,
    service::{MAX_BODY_MIB, octocrab_client},
    transport::{API_NAME, GRAPHQL_NAME, Transport},
};

use crate::github::{
    GitHubApi,
    budget::{Quota, Usage},
};

const MAX_REDIRECTS: u32 = 5;

/// The minimum time between a failed attempt to renew a token and the next attempt. Until then, requests use the known token.
const RENEWAL_PAUSE: Duration = Duration::from_mins(1);

/// The state of one run's requests. They share a deadline, and those to the same API share its rate limit.
#[derive(Debug)]
pub(super) struct Session {
    octocrab: Octocrab,
    access: RwLock<Arc<Access>>,
    renewal: Option<Arc<dyn Renewal>>,
    /// When a renewal failed last. The lock is held during a renewal, so that concurrent requests do not renew the token, too.
    failed_renewal: tokio::sync::Mutex<Option<Instant>>,
    retrier: Retrier<FailedAttempt>,
    /// For GraphQL queries, which have a rate limit of their own.
    query_retrier: Retrier<FailedAttempt>,
    calls: ApiCalls,
    responses: ResponseCache,
    transport: Transport,
    usage: Usage,
    /// GitHub's response, if it has refused the current token.
    refusal: Mutex<Option<ErrorBody>>,
}

/// What depends on the token.
#[derive(Debug)]
struct Access {
    /// The headers of every request.
    headers: HeaderMap,
    owner: Owner,
    /// The token and the earlier ones of the run.
    tokens: Vec<SecretString>,
}

/// The headers and the body of a response.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// What is needed to keep this for the next run. `None` if it is kept already, or if it is not a document but a new token.
    unkept: Option<Unkept>,
}

/// Where a new response comes from.
#[derive(Debug)]
struct Unkept {
    access: Arc<Access>,
    url: Url,
}

/// A token that cannot be sent in a header.
#[derive(Debug, thiserror::Error)]
#[error("the GitHub token contains characters that are not allowed in a token; check where it is set")]
pub(in crate::github) struct InvalidToken;

type BoxBody = http_body_util::combinators::BoxBody<bytes::Bytes, octocrab::Error>;

/// Why an attempt failed, and whether to retry it.
type Failure = (Retry, Cause);

impl Session {
    /// A session over these connections.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub(super) fn new(
        transport: &Transport,
        Identity { token, owner, renewal }: Identity<'_>,
        deadline: Instant,
        calls: ApiCalls,
        responses: ResponseCache,
        usage: Usage,
    ) -> Result<Self, InvalidToken> {
        let http = transport.http.with_calls(calls.clone()).with_deadline(deadline);
        Ok(Self {
            octocrab: octocrab_client(http),
            access: RwLock::new(Arc::new(Access::new(token, owner, Vec::new())?)),
            renewal,
            failed_renewal: tokio::sync::Mutex::default(),
            retrier: Retrier::new(RetryPolicy::default(), deadline),
            query_retrier: Retrier::new(RetryPolicy::default(), deadline),
            calls,
            responses,
            transport: transport.clone(),
            usage,
            refusal: Mutex::default(),
        })
    }

    /// Gets a document, with retries.
    pub(super) async fn get(&self, url: &Url) -> Result<Document, GitHubError> {
        let document = self.retrier.run(Idempotency::Idempotent, || self.get_once(url)).await;
        document.map_err(|error| GitHubError::after_retries(Request::Get(url), self.transport.host(), error))
    }

    /// Gets a document in a single attempt.
    pub(super) async fn get_once(&self, url: &Url) -> Result<Document, FailedAttempt> {
        self.attempt(Request::Get(url), self.get_following_redirects(url.clone())).await
    }

    /// Creates something, with retries. If a retry creates it a second time, that must do no harm.
    pub(super) async fn create(&self, url: &Url) -> Result<Document, GitHubError> {
        let request = Request::Create(url);
        let attempt = || {
            self.attempt(request, async move {
                let (status, headers, body) = self.send(request).await?;
                if status == StatusCode::CREATED {
                    return Ok(Document { headers, body, unkept: None });
                }
                Err(classify_response(status, &headers, &body, true, SystemTime::now()))
            })
        };
        let document = self.retrier.run(Idempotency::Idempotent, attempt).await;
        document.map_err(|error| GitHubError::after_retries(request, self.transport.host(), error))
    }

    /// Asks a GraphQL query, with retries, and returns the data of the answer. If the caller can ask for less, a timeout
    /// is not retried.
    pub(super) async fn query(
        &self,
        url: &Url,
        body: &Value,
        can_ask_less: bool,
    ) -> Result<Value, GitHubError> {
        let request = Request::Query(url, body);
        if !self.has_token() {
            return Err(GitHubError::new(request, Cause::NoToken));
        }
        let attempt = async || {
            let answer = self.attempt(request, self.answer_to_query(request)).await;
            answer.map_err(|attempt| {
                if can_ask_less && attempt.cause.is_query_timeout() { attempt.permanent() } else { attempt }
            })
        };
        let data = self.query_retrier.run(Idempotency::Idempotent, attempt).await;
        data.map_err(|error| GitHubError::after_retries(request, self.transport.host(), error))
    }

    /// A single attempt. After GitHub has refused the token, nothing is sent: in a run over many repositories, each
    /// request would be refused in the same way.
    async fn attempt<T>(
        &self,
        request: Request<'_>,
        response: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, FailedAttempt> {
        if let Some(body) = self.refusal().await {
            let cause = Cause::TokenRefused { body };
            return Err(FailedAttempt::new(request, Retry::Never, cause));
        }
        response.await.map_err(|(retry, cause)| {
            let cause = cause.quoted(|text| self.redact(text));
            if let Cause::Status { status: StatusCode::UNAUTHORIZED, body, with_token: true } = &cause {
                lock(&self.refusal).get_or_insert_with(|| body.clone());
            }
            let attempt = FailedAttempt::new(request, retry, cause);
            if let (Retry::After(wait), true) = (retry, attempt.cause.is_secondary_limit()) {
                self.retrier.hold(wait, &attempt);
                self.query_retrier.hold(wait, &attempt);
            }
            attempt
        })
    }

    /// GitHub's response, if it has refused the token and there is no new token yet.
    async fn refusal(&self) -> Option<ErrorBody> {
        if lock(&self.refusal).is_some() {
            self.access().await;
        }
        lock(&self.refusal).clone()
    }

    async fn answer_to_query(&self, request: Request<'_>) -> Result<Value, Failure> {
        let (status, headers, body) = self.send(request).await?;
        if status != StatusCode::OK {
            return Err(classify_response(status, &headers, &body, true, SystemTime::now()));
        }
        let answer: QueryAnswer = self.parse(&body).map_err(permanent)?;
        let data = answer.into_data(&headers, SystemTime::now())?;
        // The request itself was counted as one point.
        if let Some(more @ 1..) = data["rateLimit"]["cost"].as_u64().and_then(|cost| cost.checked_sub(1)) {
            self.usage.count_more(GitHubApi::GraphQl, more);
        }
        Ok(data)
    }

    async fn get_following_redirects(&self, mut url: Url) -> Result<Document, Failure> {
        for _ in 0..=MAX_REDIRECTS {
            self.check_origin("redirect", &url).map_err(permanent)?;
            let (status, document) = self.send_conditionally(&url).await?;
            let target = document.headers.get(LOCATION);
            let target = target.and_then(|target| url.join(target.to_str().ok()?).ok());
            match target {
                _ if status == StatusCode::OK => return Ok(document),
                Some(target) if status.is_redirection() => url = target,
                _ => {
                    let (Document { headers, body, .. }, with_token) = (document, self.has_token());
                    return Err(classify_response(status, &headers, &body, with_token, SystemTime::now()));
                }
            }
        }
        Err(permanent(Cause::Redirects(MAX_REDIRECTS)))
    }

    /// Gets a document, or learns that it is the same as in an earlier run.
    async fn send_conditionally(&self, url: &Url) -> Result<(StatusCode, Document), Failure> {
        let access = self.access().await;
        let kept = match self.responses.store() {
            Some(store) => store.load(&access.owner.key(url)).await,
            None => None,
        };
        let kept = kept.and_then(|kept| KeptResponse::read(&kept, &access.owner, url, &access.headers));
        let etag = kept.as_ref().map(|kept| &kept.etag);
        let (status, headers, body) = self.send_as(&access, Request::Get(url), etag).await?;
        if let (Some(kept), StatusCode::NOT_MODIFIED) = (kept, status) {
            let document = Document { headers: kept.headers(headers), body: kept.body, unkept: None };
            return Ok((StatusCode::OK, document));
        }
        Ok((status, Document { headers, body, unkept: Some(Unkept { access, url: url.clone() }) }))
    }

    /// Keeps a document, so that the next run can ask whether it has changed.
    pub(super) async fn keep(&self, document: &Document) {
        if let (Some(Unkept { access, url }), Some(store)) = (&document.unkept, self.responses.store())
            && let Some(response) = KeptResponse::new(&document.headers, &document.body)
        {
            store.save(&access.owner.key(url), &response.write(&access.owner, url)).await;
        }
    }

    /// Something that an earlier run with the same token or app saved, and that cannot change.
    pub(super) async fn load_final(&self, name: &Url) -> Option<Vec<u8>> {
        self.responses.store()?.load(&self.access().await.owner.key(name)).await
    }

    /// Saves something that cannot change, for later runs with the same token or app.
    pub(super) async fn save_final(&self, name: &Url, value: &[u8]) {
        if let Some(store) = self.responses.store() {
            store.save(&self.access().await.owner.key(name), value).await;
        }
    }

    /// Sends a request if the run may make one more.
    async fn send(&self, request: Request<'_>) -> Result<(StatusCode, HeaderMap, Vec<u8>), Failure> {
        let access = self.access().await;
        self.send_as(&access, request, None).await
    }

    async fn send_as(
        &self,
        access: &Access,
        request: Request<'_>,
        etag: Option<&HeaderValue>,
    ) -> Result<(StatusCode, HeaderMap, Vec<u8>), Failure> {
        if self.transport.is_free(request.url()) {
            return self.send_now(access, request, etag).await;
        }
        let api = if request.body().is_none() { GitHubApi::Rest } else { GitHubApi::GraphQl };
        let permit = self.usage.permit(api).await.map_err(|max| permanent(Cause::MaxRequests(max)))?;
        let (status, headers, body) = self.send_now(access, request, etag).await?;
        // GitHub counts a response that has not changed only if there is no token.
        if status == StatusCode::NOT_MODIFIED && self.has_token() {
            permit.release();
        }
        if let Some(quota) = Quota::from_headers(&headers) {
            self.usage.note_quota(api, quota);
        }
        Ok((status, headers, body))
    }

    async fn send_now(
        &self,
        access: &Access,
        request: Request<'_>,
        etag: Option<&HeaderValue>,
    ) -> Result<(StatusCode, HeaderMap, Vec<u8>), Failure> {
        let response = self.response(access, request, etag).await;
        let (parts, body) = response.map_err(|error| self.connection_failure(inner(error)))?.into_parts();
        tracing::debug!(
            path = request.url().path(),
            query = request.url().query(),
            status = parts.status.as_u16(),
            "GitHub responded"
        );
        let body = body.collect().await.map_err(|error| self.connection_failure(error.into()))?;
        if let Some(remaining) = header(&parts.headers, "x-ratelimit-remaining") {
            // Queries have a limit of their own.
            let api = if request.body().is_none() { API_NAME } else { GRAPHQL_NAME };
            self.calls.record_remaining(api, remaining);
        }
        Ok((parts.status, parts.headers, body.to_bytes().into()))
    }

    async fn response(
        &self,
        access: &Access,
        request: Request<'_>,
        etag: Option<&HeaderValue>,
    ) -> octocrab::Result<Response<BoxBody>> {
        let mut builder = http::Request::builder().method(request.method()).uri(request.url().as_str());
        if let Some(headers) = builder.headers_mut() {
            headers.clone_from(&access.headers);
            headers.extend(etag.map(|etag| (IF_NONE_MATCH, etag.clone())));
        }
        self.octocrab.execute(self.octocrab.build_request(builder, request.body())?).await
    }

    /// Refuses a URL with another scheme, host or port than the API's.
    pub(super) fn check_origin(&self, what: &'static str, target: &Url) -> Result<(), Cause> {
        self.transport.check_origin(what, target)
    }

    /// Removes the token from text of a response, because a server or a proxy may repeat it.
    pub(super) fn redact(&self, text: &str) -> String {
        let access = self.known_access();
        let tokens = access.tokens.iter().map(ExposeSecret::expose_secret);
        Redactor::new(tokens, "[token]").redact(text)
    }

    fn has_token(&self) -> bool {
        self.known_access().headers.contains_key(AUTHORIZATION)
    }

    fn known_access(&self) -> Arc<Access> {
        Arc::clone(&self.access.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The access for the next request, with a new token if the known one expires soon.
    async fn access(&self) -> Arc<Access> {
        let Some(renewal) = &self.renewal else { return self.known_access() };
        let mut failed = self.failed_renewal.lock().await;
        if failed.is_some_and(|at| at.elapsed() < RENEWAL_PAUSE) {
            return self.known_access();
        }
        let token = match renewal.token().await {
            Ok(token) => token,
            // GitHub refuses the known token once it has expired.
            Err(error) => {
                if failed.replace(Instant::now()).is_none() {
                    let error = SharedError::new(error);
                    tracing::warn!("cannot renew the token of the GitHub App: {error}");
                }
                return self.known_access();
            }
        };
        // The next failure is logged again.
        *failed = None;
        let mut access = self.access.write().unwrap_or_else(PoisonError::into_inner);
        let is_known = |known: &SecretString| known.expose_secret() == token.expose_secret();
        if !access.tokens.last().is_some_and(is_known)
            && let Ok(renewed) = Access::new(Some(&token), renewal.owner(&token), access.tokens.clone())
        {
            *access = Arc::new(renewed);
            *lock(&self.refusal) = None;
        }
        Arc::clone(&access)
    }

    /// The failure to send a request or to receive its response, and whether a retry may help.
    fn connection_failure(&self, source: Box<dyn Error + Send + Sync>) -> Failure {
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Document {
    /// Whether this is the document of an earlier run, because it has not changed.
    pub(super) fn is_kept(&self) -> bool {
        self.unkept.is_none()
    }
}

impl Access {
    fn new(
        token: Option<&SecretString>,
        owner: Owner,
        earlier: Vec<SecretString>,
    ) -> Result<Self, InvalidToken> {
        let mut tokens = earlier;
        tokens.extend(token.cloned());
        Ok(Self { headers: headers(token)?, owner, tokens })
    }
}

fn permanent(cause: Cause) -> Failure {
    (Retry::Never, cause)
}

/// The source of octocrab's error. If a connection fails, the message of octocrab's error itself says nothing.
fn inner(error: octocrab::Error) -> Box<dyn Error + Send + Sync> {
    match error {
        octocrab::Error::Service { source, .. } | octocrab::Error::Other { source, .. } => source,
        error => error.into(),
    }
}

/// The headers of every request.
fn headers(token: Option<&SecretString>) -> Result<HeaderMap, InvalidToken> {
    let mut headers = HeaderMap::from_iter([
        (USER_AGENT, HeaderValue::from_static(concat!("system-health/", env!("CARGO_PKG_VERSION")))),
        (ACCEPT, HeaderValue::from_static("application/vnd.github+json")),
    ]);
    if let Some(token) = token {
        // octocrab's own option panics if the token is not a valid header value.
        let bearer = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()));
        let mut bearer = bearer.map_err(|_| InvalidToken)?;
        bearer.set_sensitive(true);
        headers.insert(AUTHORIZATION, bearer);
    }
    Ok(headers)
}
