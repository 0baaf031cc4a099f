//! A local stand-in for Datadog. It accepts what Datadog's API and the Agent accept: series, distributions, events, service
//! checks, queries, dashboards, monitors, metadata, `DogStatsD` and traces. It stores the data in SQLite, and explains what
//! Datadog would refuse or change.
//!
//! - [`Intake`] answers requests without any socket. [`Request`] and [`Answer`] are plain data.
//! - [`IntakeServer`] serves an intake over HTTP and UDP. A page can be mounted beside the endpoints.
//! - [`Finding`] says what Datadog would refuse or change. Its [`Rule`] has the link to Datadog's documentation.
//!
//! ```
//! use system_health_intake::{Intake, Request};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let intake = Intake::in_memory()?;
//! let body = serde_json::json!({
//!     "series": [{ "metric": "jobs open", "points": [{ "timestamp": 0, "value": 1.0 }] }],
//! });
//! let answer = intake.handle(&Request::json("POST", "/api/v2/series", &body));
//!
//! assert_eq!(answer.status, 202, "Datadog accepts the request, and silently drops the point");
//! let findings = intake.findings();
//! assert!(findings.iter().any(|found| found.finding.message.contains("older than 1 hour")));
//! assert!(findings.iter().any(|found| found.finding.message.contains("`jobs_open`")));
//! # Ok(())
//! # }
//! ```
//!
//! The endpoints for a page:
#![doc = include_str!("api/overview.md")]

mod address;
mod api;
mod dogstatsd;
mod exchange;
mod intake;
mod msgpack;
mod notice;
mod point;
mod private;
mod query;
mod rules;
mod server;
mod service_check;
mod store;
mod treatment;

pub use address::{AddressFile, LocateError, locate};
pub use api::requires_application_key;
pub use dogstatsd::{LineError, check_line};
pub use exchange::{Answer, BodyError, Request, error};
pub use intake::Intake;
pub use notice::Notice;
pub use point::Point;
pub use query::{Status, Transition};
pub use rules::{CountedFinding, Effect, Finding, Rule};
pub use server::{Addresses, IntakeServer, ServeError};
pub use store::{
    DistributionId, DistributionSummary, MetricSummary, SeriesSummary, Store, StoreError, WeightedValues,
};
pub use treatment::Treatment;
