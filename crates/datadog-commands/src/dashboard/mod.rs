//! `report dashboard`: the dashboard of the linked metrics, or one from a file.

mod arguments;
mod command;
mod wanted;

pub use wanted::wanted_dashboard;
