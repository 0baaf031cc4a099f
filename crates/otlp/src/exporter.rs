//! Sends requests to a receiver (<https://opentelemetry.io/docs/specs/otlp/#otlphttp-request>).

use std::{
    fmt,
    io::Write,
    time::{Duration, SystemTime},
};

use flate2::{Compression, write::GzEncoder};
use http::{
    HeaderMap,
    header::{CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT},
};
use system_health_http::{
    HttpResponse, Idempotency, Redactor, Retrier, RetryError, RetryPolicy, RunClient, server_time,
};
use system_health_otlp_protocol::{PROTOBUF, RequestHeaders, redactor_for_headers};
use tokio::time::Instant;
use url::Url;

use crate::{
    error::{OtlpError, RequestError},
    proto::ExportMetricsPartialSuccess,
    response::read_response,
};

/// Maximum length of a response, in bytes. A response says at most how many points were refused, and why.
const MAX_RESPONSE_LENGTH: usize = 64 * 1024;
/// Timeout of one request
/// (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/#configuration-options>).
const TIMEOUT: Duration = Duration::from_secs(10);
/// The name of this program in the header `user-agent`.
const PROGRAM: &str = concat!("system-health-otlp/", env!("CARGO_PKG_VERSION"));

/// A receiver, for one run.
#[derive(Clone)]
pub(crate) struct Exporter {
    pub(crate) client: RunClient,
    pub(crate) url: Url,
    pub(crate) headers: RequestHeaders,
    pub(crate) policy: RetryPolicy,
}

impl Exporter {
    /// Sends a request, and retries it until the deadline.
    pub(crate) async fn export(
        &self,
        body: &[u8],
        idempotency: Idempotency,
        deadline: Instant,
    ) -> Result<ExportMetricsPartialSuccess, RetryError<RequestError>> {
        let compressed = gzip(body);
        let retrier = Retrier::new(self.policy.until_deadline(), deadline);
        let sending = retrier.run(idempotency, async || self.send(&compressed, deadline).await);
        sending.await.map(|(_, partial)| partial)
    }

    /// Sends a request without points. A receiver must accept it
    /// (<https://opentelemetry.io/docs/specs/otlp/#full-success-1>). Returns the server's time if the response contains it.
    pub(crate) async fn check(
        &self,
        deadline: Instant,
    ) -> Result<Option<SystemTime>, RetryError<RequestError>> {
        let compressed = gzip(&[]);
        let retrier = Retrier::new(self.policy, deadline);
        let sending = retrier.run(Idempotency::Idempotent, async || self.send(&compressed, deadline).await);
        sending.await.map(|(response, _)| server_time(&response.headers))
    }

    async fn send(
        &self,
        compressed: &[u8],
        deadline: Instant,
    ) -> Result<(HttpResponse, ExportMetricsPartialSuccess), RequestError> {
        let sending = async {
            let mut request = self.client.inner().post(self.url.clone()).timeout(TIMEOUT);
            for (name, value) in [(CONTENT_TYPE, PROTOBUF), (CONTENT_ENCODING, "gzip"), (USER_AGENT, PROGRAM)]
            {
                request = request.header(name, value);
            }
            // Headers from the settings replace headers with the same names.
            let mut request = request.body(compressed.to_vec()).build().map_err(OtlpError::Request)?;
            let headers: HeaderMap = self.headers.iter().cloned().collect();
            request.headers_mut().extend(headers);
            let response = self.client.with_deadline(deadline).send(request, MAX_RESPONSE_LENGTH).await?;
            let partial = read_response(&response, &self.redactor())?;
            Ok((response, partial))
        };
        sending.await.map_err(|source| RequestError { url: self.url.clone(), source })
    }

    /// A redactor that removes the values of the headers from texts.
    pub(crate) fn redactor(&self) -> Redactor {
        redactor_for_headers(&self.headers)
    }
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    // Writing to memory does not fail.
    let _ = encoder.write_all(body);
    encoder.finish().unwrap_or_default()
}

// `Debug` is not derived, because the headers must not be logged.
impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporter").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}
