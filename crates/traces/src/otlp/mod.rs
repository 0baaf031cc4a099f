//! Sends traces to an OpenTelemetry collector, with OTLP over HTTP.

mod client;
mod error;
mod proto;
mod request;

pub(crate) use client::{ReceiverClient, ReceiverSetupError};
pub(crate) use error::ReceiverError;
