//! The requests for which Datadog wants an application key, too: made by its generated client, of its own
//! models, and taken from it before they are sent.

use datadog_api_client::{
    datadogV1::{
        api_dashboards::{DashboardsAPI, ListDashboardsOptionalParams},
        api_metrics::MetricsAPI,
        api_monitors::{DeleteMonitorOptionalParams, ListMonitorsOptionalParams, MonitorsAPI},
        model::{Dashboard, MetricMetadata, Monitor, MonitorUpdateRequest},
    },
    datadogV2::api_key_management::KeyManagementAPI,
};
use futures::FutureExt;
use reqwest::Request;

use crate::{
    DatadogError, Endpoint,
    requests::{config, taken, taking},
};

/// The requests that both keys together allow.
#[derive(Clone)]
pub(super) struct ApiRequests {
    keys: KeyManagementAPI,
    dashboards: DashboardsAPI,
    monitors: MonitorsAPI,
    metrics: MetricsAPI,
}

type Made = Result<Request, DatadogError>;

impl ApiRequests {
    /// Requests with keys that were checked. The HTTP client is not used.
    pub(super) fn new(endpoint: &Endpoint, key: &str, app_key: &str, client: reqwest::Client) -> Self {
        let client = taking(client);
        let config = config(endpoint, key, Some(app_key));
        Self {
            keys: KeyManagementAPI::with_client_and_config(config.clone(), client.clone()),
            dashboards: DashboardsAPI::with_client_and_config(config.clone(), client.clone()),
            monitors: MonitorsAPI::with_client_and_config(config.clone(), client.clone()),
            metrics: MetricsAPI::with_client_and_config(config, client),
        }
    }

    /// Asks whether both keys are valid.
    pub(super) fn validate(&self) -> Made {
        taken(self.keys.validate_api_key().now_or_never())
    }

    pub(super) fn list_dashboards(&self, start: usize, count: usize) -> Made {
        let page = ListDashboardsOptionalParams::default().start(whole(start)).count(whole(count));
        taken(self.dashboards.list_dashboards(page).now_or_never())
    }

    pub(super) fn get_dashboard(&self, id: &str) -> Made {
        taken(self.dashboards.get_dashboard(id.to_owned()).now_or_never())
    }

    pub(super) fn create_dashboard(&self, dashboard: Dashboard) -> Made {
        taken(self.dashboards.create_dashboard(dashboard).now_or_never())
    }

    pub(super) fn update_dashboard(&self, id: &str, dashboard: Dashboard) -> Made {
        taken(self.dashboards.update_dashboard(id.to_owned(), dashboard).now_or_never())
    }

    pub(super) fn delete_dashboard(&self, id: &str) -> Made {
        taken(self.dashboards.delete_dashboard(id.to_owned()).now_or_never())
    }

    pub(super) fn list_monitors(&self, tags: &[String], page: usize, count: usize) -> Made {
        let page = ListMonitorsOptionalParams::default()
            .monitor_tags(tags.join(","))
            .page(whole(page))
            .page_size(i32::try_from(count).unwrap_or(i32::MAX));
        taken(self.monitors.list_monitors(page).now_or_never())
    }

    pub(super) fn create_monitor(&self, monitor: Monitor) -> Made {
        taken(self.monitors.create_monitor(monitor).now_or_never())
    }

    pub(super) fn update_monitor(&self, id: i64, update: MonitorUpdateRequest) -> Made {
        taken(self.monitors.update_monitor(id, update).now_or_never())
    }

    pub(super) fn delete_monitor(&self, id: i64) -> Made {
        taken(self.monitors.delete_monitor(id, DeleteMonitorOptionalParams::default()).now_or_never())
    }

    pub(super) fn get_metadata(&self, metric: &str) -> Made {
        taken(self.metrics.get_metric_metadata(metric.to_owned()).now_or_never())
    }

    pub(super) fn update_metadata(&self, metric: &str, metadata: MetricMetadata) -> Made {
        taken(self.metrics.update_metric_metadata(metric.to_owned(), metadata).now_or_never())
    }

    /// Asks for the points of a query between two times, in seconds since 1970.
    pub(super) fn query(&self, query: &str, from: i64, to: i64) -> Made {
        taken(self.metrics.query_metrics(from, to, query.to_owned()).now_or_never())
    }
}

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Site,
        requests::{APP_KEY_HEADER, KEY_HEADER},
    };

    #[test]
    fn a_request_is_taken_with_its_keys_unseen() {
        let endpoint = Site::default().into();
        let requests = ApiRequests::new(&endpoint, "0dd0c0ffee", "0ddba11", reqwest::Client::new());

        let request = requests.validate().unwrap();

        assert_eq!(request.headers()[KEY_HEADER], "0dd0c0ffee");
        assert_eq!(request.headers()[APP_KEY_HEADER], "0ddba11");
        let text = format!("{request:?}");
        assert!(!text.contains("0dd0c0ffee") && !text.contains("0ddba11"), "{text}");
    }

    #[test]
    fn what_is_put_into_a_path_stays_there() {
        let endpoint = Site::default().into();
        let requests = ApiRequests::new(&endpoint, "key", "key", reqwest::Client::new());

        let request = requests.get_dashboard("../monitor/1?x=#").unwrap();

        assert_eq!(request.url().path(), "/api/v1/dashboard/..%2Fmonitor%2F1%3Fx%3D%23");
    }
}
