//! `report monitors`: the monitors of goals and of the reporter, and the settings table `[monitors]`.

mod alerting;
mod arguments;
mod checks;
mod command;
mod goals;
mod overrides;
mod schedule;
mod settings;
mod wanted;

pub(crate) use schedule::schedule;
pub(crate) use settings::MonitorSettings;
