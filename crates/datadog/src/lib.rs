//! Delivers points and events to Datadog, and pushes dashboards, monitors and metadata. Uses the client that Datadog generates.
//!
//! That client has 1.3 million lines and takes minutes to compile, so only this crate depends on it. It also panics on
//! unexpected input, and drops most of an error response. So this crate validates the input first ([`Endpoint`], the API
//! key), sends the client's requests itself, and parses every response ([`DatadogError`]).
//!
//! A delivery reports the fate of each of its points. It is cut into payloads within Datadog's limits. A few requests are sent
//! concurrently, and temporary failures are retried. A refused payload is split until the refused series is alone, so one bad
//! series does not prevent the delivery of the others.
//!
//! ```
//! use secrecy::SecretString;
//! use system_health_datadog::{DatadogConfig, DatadogSink, Endpoint, Site};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let site: Site = "datadoghq.eu".parse()?;
//! let key = SecretString::from("0123456789abcdef0123456789abcdef");
//! let sink = DatadogSink::new(&DatadogConfig::new(Endpoint::from(site), key))?;
//! assert_eq!(DatadogSink::CAPABILITIES.max_age.as_secs(), 59 * 60);
//! # Ok(())
//! # }
//! ```

mod client;
mod deliver;
mod escape;
mod manage;
mod seconds;

pub use client::{
    API_KEY, APP_KEY, ConfigError, DashboardSummary, DatadogApi, DatadogConfig, DatadogError, DatadogKey,
    DatadogKeyError, DatadogSettings, DatadogSettingsError, Endpoint, EndpointError, ErrorResponse,
    QueriedSeries, Site, SiteError, dashboard_json,
};
pub use deliver::{DatadogDestination, DatadogSink, event_payload, payload};
pub use manage::{
    Changes, DashboardError, ManagedDashboard, ManagedMonitor, MonitorPlan, MonitorScope, Overwrites,
    PlannedDashboard, PlannedMonitor, PushAction, WantedDashboard, WantedMonitor, dashboard, goal_monitor,
    is_managed_dashboard, metadata, metadata_update, reporter_monitors, two_metric_goal_monitor,
    without_datadogs_additions,
};
#[doc(no_inline)]
pub use system_health_registry::datadog_unit;
