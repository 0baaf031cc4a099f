//! What an Agent says about itself
//! (<https://github.com/DataDog/datadog-agent/blob/main/pkg/trace/api/info.go>).

use serde::Deserialize;

/// The part of `/info` that a diagnosis needs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct AgentInfo {
    /// The version of the Agent.
    pub(crate) version: Option<String>,
    /// The paths that the Agent serves.
    pub(crate) endpoints: Vec<String>,
}

impl AgentInfo {
    /// Whether the Agent accepts traces in the format that is sent.
    pub(crate) fn accepts_traces(&self) -> bool {
        self.endpoints.iter().any(|path| path.ends_with("/v0.4/traces"))
    }
}
