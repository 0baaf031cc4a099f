//! Datadog, as far as we talk to it: a fake intake for the tests, and the check of both sides against
//! Datadog's own API description.

pub mod contract;
mod intake;

pub use intake::{DatadogIntake, Point, error};
