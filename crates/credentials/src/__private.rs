//! What generated code uses. Not for people: it may change in any release.

pub use inventory;
pub use system_health_registry::settings::SettingsTable;
