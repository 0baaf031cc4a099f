//! `report metadata`: the description, unit and type of each linked metric in Datadog.

mod arguments;
mod command;
