//! The settings table `[monitors]`. Together with each metric's attributes and the goals in `[goals]`, it determines which
//! goals and metrics have a monitor, and how each monitor alerts. The commands of each backend turn these into monitors or
//! rules.

mod alerting;
mod checks;
mod monitors;
mod overrides;
mod settings;

pub use monitors::{MonitoredGoal, Monitors, Watched};
pub use settings::MonitorSettings;
