//! The settings table `[monitors]`. Together with each metric's attributes and the goals in `[goals]`, it determines what is
//! watched and how it alerts. The commands of each backend turn that into monitors or rules.

mod alerting;
mod checks;
mod monitors;
mod overrides;
mod settings;

pub use monitors::{MonitoredGoal, Monitors, Watched};
pub use settings::MonitorSettings;
