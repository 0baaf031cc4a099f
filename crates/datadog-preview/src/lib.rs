//! The monitors and dashboards that a push would create in Datadog, evaluated on the page of `report serve`. They are evaluated over
//! the local history, by the stand-in for Datadog of `report intake`, which is kept in memory. So nothing is sent, and no account is
//! needed.
//!
//! `use system_health_datadog_preview as _;` adds them to a program with the command `report serve`. Nothing is stored or computed
//! until somebody asks for one of them, except that runs are stored from the start if no state is kept.

mod documents;
mod evaluation;
mod increases;
mod instants;
mod kept;
mod points;
mod preview;
#[cfg(test)]
mod tests;
