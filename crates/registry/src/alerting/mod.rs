//! How alerts about goals and about the reporter work, independent of the backend that evaluates them.

mod on_missing_data;
mod options;
mod reporter;
mod schedule;
mod two_metric_goal_facts;

pub use on_missing_data::OnMissingData;
pub use options::Alerting;
pub use reporter::{is_watched_by_reporter_monitors, reporter_window};
pub use schedule::Schedule;
pub use two_metric_goal_facts::TwoMetricGoalFacts;
