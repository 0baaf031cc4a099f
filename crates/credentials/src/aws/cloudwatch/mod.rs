//! CloudWatch: one client for the alarms that are collected and the metrics that are delivered.

mod client;
mod endpoint;
mod response_error;

pub use client::{CloudWatchClient, CloudWatchInput};
pub use response_error::CloudWatchResponseError;
