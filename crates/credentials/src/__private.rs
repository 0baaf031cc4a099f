//! Items that generated code uses. They are not part of the public API.

pub use inventory;
pub use system_health_registry::settings::SettingsTable;
