//! Datadog, as far as this project uses it: the intake of `system-health-intake` with keys, faults and captured payloads, and the
//! check of requests and answers against Datadog's own API description.

pub mod contract;
mod intake;

pub use intake::DatadogIntake;
pub use system_health_intake::{DistributionId, Point, Status, Transition, error};
