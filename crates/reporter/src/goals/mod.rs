//! The goals in the settings. The goal of one metric becomes a part of the catalog. A goal of two metrics, such as
//! `ci.errors / ci.runs < 0.1`, is judged here after a run.

mod combination;
mod goal_list;
mod goal_of_metric;
mod judgement;
mod settings;

pub use goal_list::GoalsOfTwoMetrics;
pub(crate) use goal_of_metric::unknown_metrics_with_goals;
pub use goal_of_metric::with_goals_of_settings;
pub use settings::GoalOfTwoMetrics;
