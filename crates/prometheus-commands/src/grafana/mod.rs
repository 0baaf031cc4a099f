//! `report dashboard --for grafana`: a dashboard of the metrics that a run collects.

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
