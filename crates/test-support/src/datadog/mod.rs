//! Datadog, as far as we talk to it: a fake of it for the tests, and the check of both sides against
//! Datadog's own API description.

pub mod contract;
mod dashboards;
mod distributions;
mod evaluation;
mod events;
mod expression;
mod intake;
mod metadata;
mod monitors;
mod point;
mod query;
mod reading;
mod series;
mod thresholds;
mod timeseries;

pub use distributions::DistributionId;
pub use evaluation::{Status, Transition};
pub use intake::DatadogIntake;
pub use point::Point;
pub use reading::error;
