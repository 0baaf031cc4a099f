//! Goals of two metrics, such as `ci.errors / ci.runs < 0.1`: their settings, and their results in a run.

mod combination;
mod goal_list;
mod judgement;
mod settings;

pub use goal_list::Goals;
pub use settings::NamedGoal;
