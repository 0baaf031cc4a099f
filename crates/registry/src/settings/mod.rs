//! Settings: tables of a TOML file. Environment variables and flags can override them.
//!
//! Each crate declares its own table as a struct and takes it as a resource:
//!
//! ```
//! use serde::Deserialize;
//! use system_health_registry::{settings_table, system_health_metric};
//!
//! #[derive(Debug, Clone, Deserialize)]
//! #[serde(default)]
//! struct QueueSettings {
//!     broker: String,
//! }
//!
//! impl Default for QueueSettings {
//!     fn default() -> Self {
//!         Self { broker: "localhost".into() }
//!     }
//! }
//!
//! // The table `[queue]`; `QUEUE_BROKER` in the environment overrides its key `broker`.
//! settings_table!(QueueSettings, "queue", env: { "broker" => "QUEUE_BROKER" });
//!
//! /// Length of the broker's host name.
//! #[system_health_metric(key = "queue.broker_name_length")]
//! fn broker_name_length(settings: QueueSettings) -> usize {
//!     settings.broker.len()
//! }
//! # assert_eq!(broker_name_length(QueueSettings::default()), 9);
//! ```
//!
//! A variable that a CI system sets in every job, such as `GITHUB_REPOSITORY`, must not override the file. List it under
//! `ambient`, after `env`. Then it is used only if the file does not set the key:
//!
//! ```
//! # use system_health_registry::settings_table;
//! # #[derive(Debug, Clone, Default, serde::Deserialize)]
//! # #[serde(default)]
//! # struct BuildSettings { branch: Option<String> }
//! settings_table!(BuildSettings, "build", env: { "branch" => "BUILD_BRANCH" }, ambient: { "branch" =>
//! "GITHUB_REF_NAME" });
//! ```
//!
//! A [`Duration`](std::time::Duration) is a text with a unit, such as `"90s"`. It must be longer than zero.
//!
//! Every table of the file must belong to a linked crate, unless the file is [shared](SettingsBuilder::shared). Every key must
//! be a field of the table's struct, also in nested tables. Otherwise, an error names the place, and a similar name or the names
//! that exist.

mod builder;
mod declared;
mod deserialize;
mod duration;
mod error;
mod file;
mod format;
mod key_types;
mod keys;
mod list;
mod name_suggestions;
mod number;
mod origin;
mod path;
mod place;
mod positions;
mod possible_secret;
mod redact;
mod resolved;
mod secret;
mod setting;
mod table;

pub use builder::SettingsBuilder;
pub use duration::deserialize_every;
pub use error::SettingsError;
pub use name_suggestions::NameSuggestions;
pub use origin::Origin;
pub use path::SettingPath;
pub use possible_secret::may_be_secret;
pub use resolved::Settings;
pub use secret::SecretSetting;
pub use table::{SettingsTable, TableSpec};
