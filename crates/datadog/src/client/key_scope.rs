//! The scope that an application key needs for a request. Errors about a refused key name it.
//! See <https://docs.datadoghq.com/account_management/api-app-keys/#scopes>.

use reqwest::Method;

pub(super) const DASHBOARD: &str = "dashboard";
pub(super) const METRICS: &str = "metrics";
pub(super) const MONITOR: &str = "monitor";
pub(super) const QUERY: &str = "query";

/// The scope for a request, by the path below `/api/v1`.
pub(super) fn key_scope(method: &Method, path: &[&str]) -> Option<&'static str> {
    let reads = method == Method::GET;
    match *path.first()? {
        DASHBOARD if reads => Some("dashboards_read"),
        DASHBOARD => Some("dashboards_write"),
        MONITOR if reads => Some("monitors_read"),
        MONITOR => Some("monitors_write"),
        METRICS if reads => Some("metrics_read"),
        METRICS => Some("metrics_metadata_write"),
        QUERY => Some("timeseries_query"),
        _ => None,
    }
}
