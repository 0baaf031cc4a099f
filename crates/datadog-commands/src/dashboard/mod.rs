//! `report dashboard`: the dashboard of the metrics that a run collects, or one from a file.

mod arguments;
mod command;
mod wanted;

pub use wanted::wanted_dashboard;
