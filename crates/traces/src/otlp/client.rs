//! Requests to a receiver (<https://opentelemetry.io/docs/specs/otlp/#otlphttp-request>).

use std::fmt;

use http::{HeaderMap, header::CONTENT_TYPE};
use prost::Message;
use system_health_http::{HttpClient, HttpSettings, RunClient, SetupError};
use system_health_otlp_protocol::{
    HeaderError, PROTOBUF, RequestHeaders, parse_headers, redactor_for_headers,
};
use system_health_registry::{ApiCalls, settings::SecretSetting, trace::Trace};
use tokio::time::Instant;
use url::Url;

use super::{ReceiverError, error::ReceiverProblem, proto::ExportTraceServiceResponse, request::request};

/// Maximum length of a response, in bytes.
const MAX_LENGTH: usize = 64 * 1024;
/// The name of the API for the count of requests.
const API: &str = "otlp_traces";

/// A receiver.
pub(crate) struct ReceiverClient {
    pub(crate) url: Url,
    headers: RequestHeaders,
    client: RunClient,
}

/// Why a client cannot be created.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReceiverSetupError {
    #[error(transparent)]
    Client(#[from] SetupError),
    #[error("the headers of OTLP cannot be sent")]
    Headers(#[from] HeaderError),
}

impl ReceiverClient {
    /// A receiver at a URL. Nothing is sent yet.
    pub(crate) fn new(url: Url, headers: Option<&SecretSetting>) -> Result<Self, ReceiverSetupError> {
        let headers = headers.map_or_else(|| Ok(Vec::new()), |list| parse_headers(list.expose()))?;
        let client = HttpClient::new(&url, HttpSettings::new(API))?.with_calls(ApiCalls::default());
        Ok(Self { url, headers, client })
    }

    /// Sends a trace.
    pub(crate) async fn send(&self, trace: &Trace, deadline: Instant) -> Result<(), ReceiverError> {
        self.post(request(trace).encode_to_vec(), deadline).await
    }

    /// Sends a request without spans. A receiver accepts such a request.
    pub(crate) async fn check(&self, deadline: Instant) -> Result<(), ReceiverError> {
        self.post(Vec::new(), deadline).await
    }

    async fn post(&self, body: Vec<u8>, deadline: Instant) -> Result<(), ReceiverError> {
        let sent = async {
            let request =
                self.client.inner().post(self.url.clone()).header(CONTENT_TYPE, PROTOBUF).body(body);
            // Headers from the settings replace headers with the same names.
            let mut request = request.build().map_err(ReceiverProblem::Request)?;
            let headers: HeaderMap = self.headers.iter().cloned().collect();
            request.headers_mut().extend(headers);
            let response = self.client.with_deadline(deadline).send(request, MAX_LENGTH).await?;
            ReceiverProblem::check(response.status)?;
            self.check_partial(&response.body)
        };
        sent.await.map_err(|source| ReceiverError { url: self.url.clone(), source })
    }

    /// Returns an error if the receiver refused some of the spans. A body that cannot be decoded is ignored, because the status
    /// says that the trace was accepted.
    fn check_partial(&self, body: &[u8]) -> Result<(), ReceiverProblem> {
        let partial =
            ExportTraceServiceResponse::decode(body).ok().and_then(|response| response.partial_success);
        match partial {
            Some(partial) if partial.rejected_spans > 0 => {
                let message = redactor_for_headers(&self.headers).quote(&partial.error_message);
                let reason = if message.is_empty() { "without a reason".to_owned() } else { message };
                Err(ReceiverProblem::Partial { refused: partial.rejected_spans, reason })
            }
            _ => Ok(()),
        }
    }
}

// `Debug` is not derived, because the headers must not be logged.
impl fmt::Debug for ReceiverClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceiverClient").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}
