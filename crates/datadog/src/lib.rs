//! Delivers points to Datadog, through Datadog's own generated client.
//!
//! That client is 1.3 million lines and takes minutes to compile, so it lives in this crate alone. It
//! also panics on input that it does not expect and drops most of what an answer said; this crate
//! checks the input before ([`Endpoint`], the API key), sends the client's requests itself, and reads
//! every answer ([`DatadogError`]).
//!
//! A delivery accounts for each of its points. It is cut by Datadog's limits, sent by a few requests at
//! a time, again where that may help, and split where Datadog does not take all of it: so one bad
//! series keeps no other from being delivered.
//!
//! ```
//! use secrecy::SecretString;
//! use system_health_datadog::{DatadogConfig, DatadogSink, Endpoint, Site};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let site: Site = "datadoghq.eu".parse()?;
//! let key = SecretString::from("0123456789abcdef0123456789abcdef");
//! let sink = DatadogSink::new(&DatadogConfig::new(Endpoint::from(site), key))?;
//! assert_eq!(DatadogSink::LIMITS.max_age.as_secs(), 59 * 60);
//! # Ok(())
//! # }
//! ```

mod api;
mod canonical;
mod change;
mod config;
mod cut;
mod dashboard;
mod deliver;
mod destination;
mod duration;
mod endpoint;
mod error;
mod event;
mod http;
mod json;
mod key;
mod limits;
mod managed;
mod mark;
mod metadata;
mod monitor;
mod payload;
mod plural;
mod query;
mod requests;
mod response;
mod secrets;
mod settings;
mod shape;
mod sink;
mod site;
mod unit;
mod words;
mod work;

pub use api::{DashboardSummary, DatadogApi, Series};
pub use change::Changes;
pub use config::{ConfigError, DatadogConfig};
pub use dashboard::{
    DashboardError, ManagedDashboard, PlannedDashboard, WantedDashboard, dashboard, is_managed_dashboard,
    written,
};
pub use destination::DatadogDestination;
pub use duration::duration_in_words;
pub use endpoint::{Endpoint, EndpointError};
pub use error::DatadogError;
pub use event::event_payload;
pub use json::dashboard_json;
pub use key::{Key, KeyError};
pub use managed::{Action, Overwrites};
pub use metadata::{metadata, metadata_update};
pub use monitor::{
    Alerting, Combination, ManagedMonitor, MonitorPlan, OnMissingData, PlannedMonitor, Schedule, Scope,
    WantedMonitor, combined_goal_monitor, goal_monitor, is_watched_by_reporter_monitors, reporter_monitors,
    reporter_window,
};
pub use payload::payload;
pub use response::ErrorResponse;
pub use secrets::{API_KEY, APP_KEY};
pub use settings::{DatadogSettings, DatadogSettingsError};
pub use sink::DatadogSink;
pub use site::{Site, SiteError};
pub use unit::datadog_unit;
