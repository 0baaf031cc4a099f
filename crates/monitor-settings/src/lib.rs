//! The settings table `[monitors]`. From it, from each metric's attributes and from the goals in `[goals]` follows what is
//! watched and how it alerts. The commands of each backend turn that into monitors or rules.

mod alerting;
mod checks;
mod monitors;
mod overrides;
mod settings;

pub use monitors::{MonitoredGoal, Monitors, Watched};
pub use settings::MonitorSettings;
