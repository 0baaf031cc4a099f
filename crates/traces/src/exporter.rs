//! Sends a trace once to the backend that the settings configure. There is no retry, because the next run sends a new trace.

use system_health_http::SetupError;
use system_health_registry::{SharedError, trace::Trace};
use tokio::time::Instant;

use crate::{
    datadog::{Agent, AgentError},
    otlp::{ReceiverClient, ReceiverError, ReceiverSetupError},
    sampling::SampleRate,
    settings::{Backend, TracesSettings},
};

/// Sends traces to one backend.
#[derive(Debug)]
pub(crate) struct Exporter {
    client: Client,
    rate: Option<SampleRate>,
}

#[derive(Debug)]
pub(crate) enum Client {
    Agent(Agent),
    Receiver(ReceiverClient),
}

/// Why traces cannot be sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExportError {
    #[error(transparent)]
    SetUp(#[from] SetupError),
    #[error(transparent)]
    ReceiverSetUp(#[from] ReceiverSetupError),
    #[error(transparent)]
    Agent(Box<AgentError>),
    #[error(transparent)]
    Receiver(Box<ReceiverError>),
}

// Boxed, because both are large.
impl From<AgentError> for ExportError {
    fn from(error: AgentError) -> Self {
        Self::Agent(Box::new(error))
    }
}

impl From<ReceiverError> for ExportError {
    fn from(error: ReceiverError) -> Self {
        Self::Receiver(Box::new(error))
    }
}

impl Client {
    pub(crate) fn new(settings: &TracesSettings) -> Result<Self, ExportError> {
        Ok(match settings.backend() {
            Backend::Agent(address) => Self::Agent(Agent::new(address)?),
            Backend::Receiver { url, headers } => Self::Receiver(ReceiverClient::new(url, headers.as_ref())?),
        })
    }
}

impl Exporter {
    pub(crate) fn new(settings: &TracesSettings) -> Result<Self, ExportError> {
        Ok(Self { client: Client::new(settings)?, rate: settings.sample_rate })
    }

    /// Sends a trace. An Agent also gets a trace that is not kept, because it counts all traces.
    pub(crate) async fn export(&self, trace: &Trace, deadline: Instant) -> Result<(), SharedError> {
        let sent = match &self.client {
            Client::Agent(agent) => agent.send(trace, self.rate, deadline).await.map_err(ExportError::from),
            Client::Receiver(_) if self.rate.is_some_and(|rate| !rate.keeps(trace.trace_id)) => Ok(()),
            Client::Receiver(receiver) => receiver.send(trace, deadline).await.map_err(ExportError::from),
        };
        sent.map_err(SharedError::new)
    }
}
