//! `report metadata`: what Datadog should know about each linked metric.

mod arguments;
mod command;
