//! The monitors and dashboards that a push would create in Datadog, evaluated on the page of `report serve`. The stand-in for
//! Datadog, which `report intake` also uses, evaluates them in memory over the local history. So nothing is sent, and no account
//! is needed.
//!
//! `use system_health_datadog_preview as _;` adds them to a program with the command `report serve`. Nothing is computed until
//! the page asks for monitors, dashboards or a query. Points are kept in memory only after the page has asked for monitors or a
//! query. If the service keeps no state, they are kept from the start.

mod documents;
mod evaluation;
mod increases;
mod instants;
mod points;
mod preview;
mod retention;
#[cfg(test)]
mod tests;
