//! The endpoints of Datadog's API and of the Agent, as far as the intake has them, and those of the intake itself.

mod checks;
mod dashboards;
mod distributions;
mod events;
mod manage;
mod metadata;
mod monitors;
mod overview;
mod payload;
mod reading;
mod routes;
mod series;
mod state;
mod timeseries;
mod traces;

pub use reading::error;
pub use routes::requires_application_key;

pub(crate) use checks::{ServiceCheck, store as store_checks};
pub(crate) use events::store as store_event;
pub(crate) use reading::{Outcome, invalid, seconds_since_1970};
pub(crate) use routes::answer;
pub(crate) use state::State;
