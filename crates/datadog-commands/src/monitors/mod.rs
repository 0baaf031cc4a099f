//! `report monitors`: the monitors of goals and of the reporter.

mod arguments;
mod command;
mod wanted;

pub use wanted::wanted_monitors;
