//! Sends requests and counts them. Reads each response up to its limits.

#[cfg(unix)]
use std::path::Path;
use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};
use reqwest::{Request, redirect};
use system_health_registry::ApiCalls;
use tokio::time::Instant;
use tracing::Instrument;
use url::Url;

use crate::{
    HttpError, Proxy, SetupError, certificates, check_proxies, is_loopback,
    span::{record_response, request_span},
};

/// The settings of a client for one API.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// The API's name in [`ApiCalls`].
    pub api: &'static str,
    /// Maximum time to connect. Default: 5 seconds.
    pub connect_timeout: Duration,
    /// Maximum time without any data from the server. Default: 10 seconds.
    pub read_timeout: Duration,
}

/// The connections to one API. They may outlive a run: each run uses them through a [`RunClient`]. Clones share the
/// connections.
#[derive(Debug, Clone)]
pub struct HttpClient(Arc<Connections>);

#[derive(Debug)]
struct Connections {
    client: reqwest::Client,
    settings: HttpSettings,
    proxy: Option<Proxy>,
    is_https: bool,
}

/// A client for the requests of one run. They are counted for this run and end at its deadline.
#[derive(Debug, Clone)]
pub struct RunClient {
    http: HttpClient,
    calls: ApiCalls,
    deadline: Option<Instant>,
}

/// A response whose body was read to its end or up to the limit.
#[derive(Debug)]
#[non_exhaustive]
pub struct HttpResponse {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, no longer than the limit.
    pub body: Bytes,
    /// Whether the body is longer than the limit.
    pub is_truncated: bool,
}

/// Counts a request when it ends, even if it was cancelled.
struct Call<'a> {
    client: &'a RunClient,
    started: Instant,
    status: Option<StatusCode>,
}

impl HttpSettings {
    /// The default timeouts.
    #[must_use]
    pub fn new(api: &'static str) -> Self {
        Self { api, connect_timeout: Duration::from_secs(5), read_timeout: Duration::from_secs(10) }
    }
}

impl HttpClient {
    /// A client for the API at this URL. Nothing is sent yet.
    pub fn new(api: &Url, settings: HttpSettings) -> Result<Self, SetupError> {
        let mut client = reqwest::Client::builder()
            .tls_backend_preconfigured(certificates::client_config()?)
            .connect_timeout(settings.connect_timeout)
            .read_timeout(settings.read_timeout)
            .redirect(redirect::Policy::none());
        let proxy = if is_loopback(api) {
            client = client.no_proxy();
            None
        } else {
            check_proxies()?;
            Proxy::for_url(api)
        };
        let is_https = api.scheme() == "https";
        Ok(Self(Arc::new(Connections { client: client.build()?, settings, proxy, is_https })))
    }

    /// A client for an API on this machine that listens on a Unix socket. The host of a request is only a name for the server.
    #[cfg(unix)]
    pub fn through_socket(path: &Path, settings: HttpSettings) -> Result<Self, SetupError> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .unix_socket(path)
            .connect_timeout(settings.connect_timeout)
            .read_timeout(settings.read_timeout)
            .redirect(redirect::Policy::none())
            .tls_backend_preconfigured(certificates::client_config()?);
        Ok(Self(Arc::new(Connections { client: client.build()?, settings, proxy: None, is_https: false })))
    }

    /// A client for one run. It has no deadline yet. It uses the same connections, and counts requests in `calls`.
    #[must_use]
    pub fn with_calls(&self, calls: ApiCalls) -> RunClient {
        RunClient { http: self.clone(), calls, deadline: None }
    }
}

impl RunClient {
    /// The same client with a deadline. Requests that are not finished by then fail.
    #[must_use]
    pub fn with_deadline(&self, deadline: Instant) -> Self {
        Self { deadline: Some(deadline), ..self.clone() }
    }

    /// The counters for requests.
    #[must_use]
    pub fn calls(&self) -> &ApiCalls {
        &self.calls
    }

    /// The underlying client, without counts, deadline and body limit.
    #[must_use]
    pub fn inner(&self) -> &reqwest::Client {
        &self.http.0.client
    }

    /// Sends a request and reads the response. Fails at the deadline of this client or after the request's own timeout, if
    /// they are set. The body is cut after `max_length` bytes.
    pub async fn send(&self, request: Request, max_length: usize) -> Result<HttpResponse, HttpError> {
        let span = request_span(self.http.0.settings.api, &request);
        let result = self.call(request, max_length).instrument(span.clone()).await;
        record_response(&span, &result);
        result
    }

    async fn call(&self, mut request: Request, max_length: usize) -> Result<HttpResponse, HttpError> {
        let started = Instant::now();
        let timeout = request.timeout().copied();
        if let Some(deadline) = self.deadline {
            let left = deadline.saturating_duration_since(started);
            if left.is_zero() {
                return Err(HttpError::Deadline);
            }
            *request.timeout_mut() = Some(timeout.map_or(left, |timeout| timeout.min(left)));
        }
        let mut call = Call { client: self, started, status: None };
        let exchanged = self.exchange(request, max_length).await;
        let response = exchanged.map_err(|error| self.failure(error, started.elapsed(), timeout))?;
        call.status = Some(response.status);
        Ok(response)
    }

    async fn exchange(&self, request: Request, max_length: usize) -> reqwest::Result<HttpResponse> {
        let mut response = self.http.0.client.execute(request).await?;
        let mut body = BytesMut::new();
        while body.len() <= max_length
            && let Some(chunk) = response.chunk().await?
        {
            body.extend_from_slice(&chunk);
        }
        let is_truncated = body.len() > max_length;
        body.truncate(max_length);
        Ok(HttpResponse {
            status: response.status(),
            headers: std::mem::take(response.headers_mut()),
            body: body.freeze(),
            is_truncated,
        })
    }

    fn failure(&self, error: reqwest::Error, elapsed: Duration, timeout: Option<Duration>) -> HttpError {
        let Connections { settings, proxy, is_https, .. } = &*self.http.0;
        // The query of the URL may contain a secret. The caller adds the path to the error.
        let error = error.without_url();
        if !error.is_timeout() || error.is_connect() {
            return HttpError::new(error, proxy.as_ref(), *is_https);
        }
        match timeout {
            _ if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) => HttpError::Deadline,
            Some(timeout) if elapsed >= timeout => HttpError::Timeout(timeout),
            _ => HttpError::ReadTimeout(settings.read_timeout),
        }
    }
}

impl HttpResponse {
    /// The response, or an error if its body was cut.
    pub fn ensure_complete(self) -> Result<Self, HttpError> {
        if self.is_truncated { Err(HttpError::TooLong(self.body.len())) } else { Ok(self) }
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        let status = self.status.map(|status| status.as_u16());
        self.client.calls.record(self.client.http.0.settings.api, status, self.started.elapsed());
    }
}
