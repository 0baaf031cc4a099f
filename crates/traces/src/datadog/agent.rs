//! Requests to an Agent.

use http::{Method, header::CONTENT_TYPE};
use reqwest::Request;
use system_health_http::{HttpClient, HttpResponse, HttpSettings, RunClient, SetupError};
use system_health_registry::{ApiCalls, trace::Trace};
use tokio::time::Instant;

use super::{AgentAddress, AgentError, error::AgentProblem, info::AgentInfo, span::payload};
use crate::sampling::SampleRate;

/// Maximum length of a response, in bytes.
const MAX_LENGTH: usize = 256 * 1024;
/// The name of the API for the count of requests.
const API: &str = "datadog_agent";

/// A Datadog Agent.
#[derive(Debug)]
pub(crate) struct Agent {
    pub(crate) address: AgentAddress,
    client: RunClient,
}

impl Agent {
    /// An Agent at an address. Nothing is sent yet.
    pub(crate) fn new(address: AgentAddress) -> Result<Self, SetupError> {
        let settings = HttpSettings::new(API);
        let client = match &address {
            AgentAddress::Http(url) => HttpClient::new(url, settings)?,
            #[cfg(unix)]
            AgentAddress::Unix(path) => HttpClient::through_socket(path, settings)?,
        };
        Ok(Self { address, client: client.with_calls(ApiCalls::default()) })
    }

    /// Sends a trace.
    pub(crate) async fn send(
        &self,
        trace: &Trace,
        rate: Option<SampleRate>,
        deadline: Instant,
    ) -> Result<(), AgentError> {
        let request = self
            .client
            .inner()
            .put(self.address.url("/v0.4/traces"))
            .header(CONTENT_TYPE, "application/msgpack")
            .header("Datadog-Meta-Lang", "rust")
            .header("Datadog-Meta-Tracer-Version", env!("CARGO_PKG_VERSION"))
            .header("X-Datadog-Trace-Count", "1")
            // Without this header, an Agent that drops the trace because it is overloaded answers 200, not 429.
            .header("Datadog-Send-Real-Http-Status", "true")
            .body(payload(trace, rate))
            .build();
        self.exchange(request, deadline).await.map(drop)
    }

    /// Asks the Agent about itself.
    pub(crate) async fn info(&self, deadline: Instant) -> Result<AgentInfo, AgentError> {
        let request = self.client.inner().request(Method::GET, self.address.url("/info")).build();
        let response = self.exchange(request, deadline).await?;
        serde_json::from_slice(&response.body).map_err(|error| self.error(AgentProblem::Unreadable(error)))
    }

    async fn exchange(
        &self,
        request: reqwest::Result<Request>,
        deadline: Instant,
    ) -> Result<HttpResponse, AgentError> {
        let exchanged = async {
            let request = request.map_err(AgentProblem::Request)?;
            let response = self.client.with_deadline(deadline).send(request, MAX_LENGTH).await?;
            AgentProblem::check(response.status)?;
            Ok(response)
        };
        exchanged.await.map_err(|problem| self.error(problem))
    }

    fn error(&self, source: AgentProblem) -> AgentError {
        AgentError { address: self.address.clone(), source }
    }
}
