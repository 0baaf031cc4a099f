//! CloudWatch alarms: how many are in which state, and an event for each that starts to fire.
//!
//! The official client for CloudWatch is not used: it needs second versions of `http` and `http-body`, and a CBOR library with
//! big numbers. One request in the protocol AWS JSON 1.0, which CloudWatch supports too, needs none of them.

mod alarm;
mod alarm_list;
mod endpoint;
mod event;
mod metrics;
mod needs;
mod regional_alarms;
mod request;
mod request_error;

pub use metrics::alarms;
pub(crate) use needs::NEEDS;
pub use regional_alarms::CloudWatchAlarms;
