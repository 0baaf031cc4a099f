//! CloudWatch alarms: how many are in which state, and an event for each that starts to fire.

mod alarm;
mod alarm_list;
mod event;
mod metrics;
mod needs;
mod regional_alarms;

pub use metrics::alarms;
pub(crate) use needs::NEEDS;
pub use regional_alarms::CloudWatchAlarms;
