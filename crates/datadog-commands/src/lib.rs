//! Commands of `report` that manage dashboards, monitors and metadata in Datadog. All of these are made from the catalog:
//! from each metric's key, description, unit and goal.
//!
//! `use system_health_datadog_commands as _;` adds the commands to a program that calls `system_health_command::main()`.
//! [`wanted_monitors`] and [`wanted_dashboard`] return what the commands push, so that other crates can show it.

mod confirm;
mod connection;
mod dashboard;
mod metadata;
mod monitors;
mod plan_step;
mod run;
mod verify;

pub use connection::scope as monitor_scope;
pub use dashboard::wanted_dashboard;
pub use monitors::wanted_monitors;
