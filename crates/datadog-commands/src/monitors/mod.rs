//! `report monitors`: the monitors of goals and of the reporter.

mod arguments;
mod command;
mod wanted;
