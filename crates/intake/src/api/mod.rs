//! The endpoints of Datadog's API and of the Agent that the intake supports, and those of the intake itself.

mod checks;
mod dashboards;
mod distributions;
mod dogstatsd;
mod endpoint;
mod events;
mod manage;
mod metadata;
mod monitors;
mod overview;
mod payload;
mod routes;
mod series;
mod state;
mod timeseries;
mod traces;
mod unknown;

pub use routes::requires_application_key;

pub(crate) use dogstatsd::receive;
pub(crate) use manage::{edit_dashboard, edit_monitor};
pub(crate) use routes::answer;
pub(crate) use state::State;
