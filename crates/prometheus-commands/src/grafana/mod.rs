//! `report dashboard --for grafana`: a dashboard of the linked metrics.

mod command;
mod dashboard;
mod panel;
mod query;
mod row;
#[cfg(test)]
mod tests;
mod thresholds;
mod unit;
mod variables;
