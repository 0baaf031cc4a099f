//! `report metadata`: the description, unit and type of each metric that a run collects, in Datadog.

mod arguments;
mod command;
