//! The client for CloudWatch. Collectors read alarms with it, and the sink `cloudwatch` delivers metrics with it.

mod client;
mod endpoint;
mod response_error;

pub use client::{CloudWatchClient, CloudWatchInput};
pub use response_error::CloudWatchResponseError;
