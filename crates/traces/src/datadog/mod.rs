//! Sends traces to a Datadog Agent.

mod address;
mod agent;
mod error;
mod info;
mod span;

pub(crate) use address::{AgentAddress, AgentHost};
pub(crate) use agent::Agent;
pub(crate) use error::AgentError;
