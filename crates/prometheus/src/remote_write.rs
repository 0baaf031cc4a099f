//! The client of remote write 1.0 (<https://prometheus.io/docs/specs/prw/remote_write_spec/>).

use std::{collections::BTreeMap, fmt, time::Duration};

use http::{
    Method,
    header::{CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT},
};
use reqwest::RequestBuilder;
use serde_json::Value;
use system_health_http::{
    AttemptError, HttpResponse, Idempotency, Retrier, RetryError, RetryPolicy, RunClient,
};
use system_health_registry::DeliveryError;
use tokio::time::Instant;
use url::Url;

use crate::{
    login::Login,
    remote_series::{RemoteSeries, encode},
    remote_write_error::{RemoteRequestError, RemoteWriteError},
    response::Meaning,
};

/// Maximum length of a response, in bytes. The longest response is the list of Prometheus' flags.
const MAX_LENGTH: usize = 1024 * 1024;
/// Timeout of one request.
const TIMEOUT: Duration = Duration::from_secs(20);
/// The header with the version of the protocol, and its value.
const VERSION_HEADER: (&str, &str) = ("x-prometheus-remote-write-version", "0.1.0");
/// Who sends the samples.
const AGENT: &str = concat!("system-health/", env!("CARGO_PKG_VERSION"));

/// A server that accepts remote writes.
#[derive(Clone)]
pub(crate) struct RemoteWrite {
    pub(crate) client: RunClient,
    pub(crate) url: Url,
    pub(crate) login: Login,
    /// Further headers, such as `X-Scope-OrgID`.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) policy: RetryPolicy,
}

/// Why samples were not written.
#[derive(Debug, Clone)]
pub(crate) enum RemoteFailure {
    /// At least one sample is refused for good, or the request has too many samples.
    SomeRefused(DeliveryError),
    /// All distributions are refused for good.
    NoHistograms(DeliveryError),
    /// Some series already have another value at this time.
    SomeOtherValues,
    /// All samples are refused for good.
    AllRefused(DeliveryError),
    /// The samples were certainly not written.
    Left(DeliveryError),
    /// The samples may have been written.
    Unknown(DeliveryError),
}

impl RemoteWrite {
    /// Writes samples. Retries end by the deadline.
    pub(crate) async fn write(&self, batch: &[RemoteSeries], deadline: Instant) -> Result<(), RemoteFailure> {
        let body = encode(batch);
        let retrier = Retrier::new(self.policy.until_deadline(), deadline);
        // A sample that the server already has is accepted again.
        let written = retrier.run(Idempotency::Idempotent, async || self.post(&body, deadline).await);
        match written.await {
            Ok(_) => Ok(()),
            Err(RetryError::Permanent(error)) if matches!(error.source, RemoteWriteError::OtherValue(_)) => {
                Err(RemoteFailure::SomeOtherValues)
            }
            Err(RetryError::Permanent(error))
                if matches!(error.source, RemoteWriteError::NoHistograms(_)) =>
            {
                Err(RemoteFailure::NoHistograms(DeliveryError::new(error)))
            }
            Err(RetryError::Permanent(error)) if error.source.blames_some_samples() => {
                Err(RemoteFailure::SomeRefused(DeliveryError::new(error)))
            }
            Err(RetryError::Permanent(error)) if error.source.blames_the_time() => {
                Err(RemoteFailure::AllRefused(DeliveryError::new(error)))
            }
            Err(error) if error.last_error().is_some_and(AttemptError::may_have_been_processed) => {
                Err(RemoteFailure::Unknown(DeliveryError::new(error)))
            }
            Err(error) => Err(RemoteFailure::Left(DeliveryError::new(error))),
        }
    }

    /// Checks the login with a request that contains no samples.
    pub(crate) async fn check(&self, deadline: Instant) -> Result<(), DeliveryError> {
        let retrier = Retrier::new(self.policy, deadline);
        let checking = retrier.run(Idempotency::Idempotent, async || self.post(&[], deadline).await);
        checking.await.map(drop).map_err(DeliveryError::new)
    }

    /// The version of Prometheus, if the server has Prometheus' own API.
    pub(crate) async fn version(&self, deadline: Instant) -> Option<String> {
        let build = self.status("buildinfo", deadline).await?;
        build.pointer("/data/version")?.as_str().map(str::to_owned)
    }

    /// The features that Prometheus was started with, separated by commas.
    pub(crate) async fn features(&self, deadline: Instant) -> Option<String> {
        let flags = self.status("flags", deadline).await?;
        flags.pointer("/data/enable-feature")?.as_str().map(str::to_owned)
    }

    /// The response of Prometheus' own API to a request below `status/`. The path is next to the path of remote writes.
    async fn status(&self, name: &str, deadline: Instant) -> Option<Value> {
        let url = self.url.join(&format!("status/{name}")).ok()?;
        let request = self.authorized(self.client.inner().request(Method::GET, url)).build().ok()?;
        let response = self.client.with_deadline(deadline).send(request, MAX_LENGTH).await.ok()?;
        response.status.is_success().then_some(())?;
        serde_json::from_slice(&response.body).ok()
    }

    async fn post(&self, body: &[u8], deadline: Instant) -> Result<HttpResponse, RemoteRequestError> {
        let sending = async {
            let compressed = snap::raw::Encoder::new().compress_vec(body)?;
            let request = self.authorized(self.client.inner().request(Method::POST, self.url.clone()));
            let request = request
                .header(CONTENT_ENCODING, "snappy")
                .header(CONTENT_TYPE, "application/x-protobuf")
                .header(USER_AGENT, AGENT)
                .header(VERSION_HEADER.0, VERSION_HEADER.1)
                .body(compressed);
            let request = request.build().map_err(RemoteWriteError::Request)?;
            let response = self.client.with_deadline(deadline).send(request, MAX_LENGTH).await?;
            if Meaning::from(&response) == Meaning::Success {
                return Ok(response);
            }
            Err(RemoteWriteError::from_response(&response, &self.login.redactor()))
        };
        sending.await.map_err(|source| RemoteRequestError { url: self.url.to_string(), source })
    }

    fn authorized(&self, request: RequestBuilder) -> RequestBuilder {
        let request = self.login.authorize(request.timeout(TIMEOUT));
        self.headers.iter().fold(request, |request, (name, value)| request.header(name, value))
    }
}

// `Debug` is not derived, because the login must not be logged.
impl fmt::Debug for RemoteWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteWrite").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}
