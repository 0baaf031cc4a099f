//! The goals in the settings: those of metrics, and those of two metrics, such as `ci.errors / ci.runs < 0.1`, with their results
//! in a run.

mod combination;
mod goal_list;
mod goal_of_metric;
mod judgement;
mod settings;

pub use goal_list::Goals;
pub(crate) use goal_of_metric::goals_of_unknown_metrics;
pub use goal_of_metric::with_goals_of_settings;
pub use settings::NamedGoal;
