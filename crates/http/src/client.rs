//! Sends one request and reads its response, within the limits, and counts it.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};
use reqwest::{Request, redirect};
use system_health_registry::ApiCalls;
use tokio::time::Instant;
use url::Url;

use crate::{HttpError, Proxy, SetupError, certificates, check_proxies, is_loopback};

/// What a client needs to know of the API that it calls.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// The API's name in [`ApiCalls`].
    pub api: &'static str,
    /// Where requests are counted.
    pub calls: ApiCalls,
    /// Maximum time to connect. Default: 5 seconds.
    pub connect_timeout: Duration,
    /// Maximum time without any data from the server. Default: 10 seconds.
    pub read_timeout: Duration,
}

/// A client for one API. Clones share their connections.
#[derive(Debug, Clone)]
pub struct HttpClient {
    client: reqwest::Client,
    settings: HttpSettings,
    proxy: Option<Proxy>,
    is_https: bool,
}

/// A response, read to its end or up to the limit.
#[derive(Debug)]
#[non_exhaustive]
pub struct HttpResponse {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, no longer than the limit.
    pub body: Bytes,
    /// Whether the body goes on after the limit.
    pub is_cut: bool,
}

/// Counts a request when it ends, even if its caller no longer waits for it.
struct Call<'a> {
    settings: &'a HttpSettings,
    started: Instant,
    status: Option<StatusCode>,
}

impl HttpSettings {
    /// The default limits.
    #[must_use]
    pub fn new(api: &'static str, calls: ApiCalls) -> Self {
        Self { api, calls, connect_timeout: Duration::from_secs(5), read_timeout: Duration::from_secs(10) }
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
        Ok(Self { client: client.build()?, settings, proxy, is_https: api.scheme() == "https" })
    }

    /// The client without the count and the limit of the body.
    #[must_use]
    pub fn inner(&self) -> &reqwest::Client {
        &self.client
    }

    /// Sends a request and reads the response, within the request's own time limit if it has one. The
    /// body is cut after `max_length` bytes.
    pub async fn send(&self, request: Request, max_length: usize) -> Result<HttpResponse, HttpError> {
        let mut call = Call { settings: &self.settings, started: Instant::now(), status: None };
        let limit = request.timeout().copied();
        let exchanged = self.exchange(request, max_length).await;
        let response = exchanged.map_err(|error| self.failure(error, call.started.elapsed(), limit))?;
        call.status = Some(response.status);
        Ok(response)
    }

    async fn exchange(&self, request: Request, max_length: usize) -> reqwest::Result<HttpResponse> {
        let mut response = self.client.execute(request).await?;
        let mut body = BytesMut::new();
        while body.len() <= max_length
            && let Some(chunk) = response.chunk().await?
        {
            body.extend_from_slice(&chunk);
        }
        let is_cut = body.len() > max_length;
        body.truncate(max_length);
        Ok(HttpResponse {
            status: response.status(),
            headers: std::mem::take(response.headers_mut()),
            body: body.freeze(),
            is_cut,
        })
    }

    fn failure(&self, error: reqwest::Error, elapsed: Duration, limit: Option<Duration>) -> HttpError {
        // The caller names what it asked for, without what its query may hold.
        let error = error.without_url();
        match limit {
            _ if !error.is_timeout() || error.is_connect() => {
                HttpError::new(error, self.proxy.as_ref(), self.is_https)
            }
            Some(limit) if elapsed >= limit => HttpError::Timeout(limit),
            _ => HttpError::Silence(self.settings.read_timeout),
        }
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        let status = self.status.map(|status| status.as_u16());
        self.settings.calls.record(self.settings.api, status, self.started.elapsed());
    }
}
