//! Datadog's API for dashboards, monitors, metadata and queries. It needs an application key in addition to the API key.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use datadog_api_client::datadogV1::model::{Dashboard, MetricMetadata, Monitor, MonitorUpdateRequest};
use reqwest::Method;
use secrecy::SecretString;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use system_health_http::{HttpClient, Retrier, RetryError, RetryPolicy};
use tokio::time::Instant;

use super::{
    ConfigError, DatadogConfig, DatadogError, DatadogKey, ErrorResponse,
    api_requests::ApiRequests,
    http::Http,
    json::json,
    key::checked_key,
    key_scope::{DASHBOARD, METRICS, MONITOR, QUERY, key_scope},
};
use crate::seconds::seconds;

/// Maximum time for a request and its retries.
const RETRY_TIME: Duration = Duration::from_mins(1);
/// Maximum number of dashboards or monitors in a page.
const PAGE_SIZE: usize = 100;

/// Datadog's API for dashboards, monitors, metadata and queries. It needs an application key in addition to the API key.
///
/// Failed requests are retried a few times. A request that creates something is retried only if Datadog has certainly not
/// processed it, because a second request could create a copy.
#[derive(Clone)]
pub struct DatadogApi {
    requests: ApiRequests,
    http: Http,
    retry: RetryPolicy,
}

/// A dashboard in Datadog's list of dashboards.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DashboardSummary {
    /// Its id, such as `abc-def-ghi`.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its description.
    pub description: Option<String>,
    /// Its path below the site's address.
    pub url: Option<String>,
}

/// One series in the result of a query.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct QueriedSeries {
    /// Times, in milliseconds since 1970, and values. A gap has no value.
    #[serde(default, rename = "pointlist")]
    pub points: Vec<(f64, Option<f64>)>,
}

impl DatadogApi {
    /// Checks the format of the keys and creates the client. Sends nothing.
    pub fn new(config: &DatadogConfig, app_key: &SecretString) -> Result<Self, ConfigError> {
        Self::with_connections(config, app_key, &config.connections()?)
    }

    /// Like [`new`](Self::new), with existing connections to the same endpoint.
    pub fn with_connections(
        config: &DatadogConfig,
        app_key: &SecretString,
        client: &HttpClient,
    ) -> Result<Self, ConfigError> {
        let app_key = checked_key(DatadogKey::Application, app_key)?;
        let key = checked_key(DatadogKey::Api, &config.api_key)?;
        let http = Http::new(config, client, &[key, app_key]);
        let requests = ApiRequests::new(&config.endpoint, key, app_key)?;
        Ok(Self { requests, http, retry: config.retry })
    }

    /// Checks whether both keys are valid, in one request without retries. See
    /// <https://docs.datadoghq.com/api/latest/key-management/#validate-api-and-application-keys>.
    pub async fn validate(&self) -> Result<(), DatadogError> {
        let request = self.requests.make(Method::GET, &["api", "v2", "validate_keys"], &[], None)?;
        let success = self.http.send(request, None).await?;
        match success.body.get("status").and_then(Value::as_str) {
            Some("ok") => Ok(()),
            _ => Err(self.unexpected("it does not say whether the keys are valid")),
        }
    }

    /// All dashboards. See <https://docs.datadoghq.com/api/latest/dashboards/>.
    pub async fn dashboards(&self) -> Result<Vec<DashboardSummary>, DatadogError> {
        #[derive(Deserialize)]
        struct List {
            dashboards: Vec<DashboardSummary>,
        }

        let mut all = Vec::new();
        loop {
            let parameters = [("start", &*all.len().to_string()), ("count", &*PAGE_SIZE.to_string())];
            let body = self.request(Method::GET, &[DASHBOARD], &parameters, None).await?;
            let List { dashboards } = self.read(body, "no list of dashboards")?;
            let is_last = dashboards.len() < PAGE_SIZE;
            all.extend(dashboards);
            if is_last {
                return Ok(all);
            }
        }
    }

    /// The dashboard with this id, if it exists.
    pub async fn dashboard(&self, id: &str) -> Result<Option<Value>, DatadogError> {
        let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        // Any other text, such as a title, cannot be an id.
        if !is_id {
            return Ok(None);
        }
        none_if_not_found(self.request(Method::GET, &[DASHBOARD, id], &[], None).await)
    }

    /// Creates a dashboard. Returns it as Datadog stored it.
    pub async fn create_dashboard(&self, dashboard: &Dashboard) -> Result<Value, DatadogError> {
        self.request(Method::POST, &[DASHBOARD], &[], Some(&json(dashboard)?)).await
    }

    /// Replaces a dashboard.
    pub async fn update_dashboard(&self, id: &str, dashboard: &Dashboard) -> Result<Value, DatadogError> {
        self.request(Method::PUT, &[DASHBOARD, id], &[], Some(&json(dashboard)?)).await
    }

    /// Deletes a dashboard. Returns no error if the dashboard does not exist.
    pub async fn delete_dashboard(&self, id: &str) -> Result<(), DatadogError> {
        none_if_not_found(self.request(Method::DELETE, &[DASHBOARD, id], &[], None).await).map(drop)
    }

    /// The monitors with all of these tags. See
    /// <https://docs.datadoghq.com/api/latest/monitors/#get-all-monitor-details>.
    pub async fn monitors(&self, tags: &[String]) -> Result<Vec<Value>, DatadogError> {
        let mut all = Vec::new();
        let tags = tags.join(",");
        for page in 0_usize.. {
            let parameters = [
                ("monitor_tags", &*tags),
                ("page", &*page.to_string()),
                ("page_size", &*PAGE_SIZE.to_string()),
            ];
            let body = self.request(Method::GET, &[MONITOR], &parameters, None).await?;
            let monitors: Vec<Value> = self.read(body, "no list of monitors")?;
            let is_last = monitors.len() < PAGE_SIZE;
            all.extend(monitors);
            if is_last {
                break;
            }
        }
        Ok(all)
    }

    /// Creates a monitor.
    pub async fn create_monitor(&self, monitor: &Monitor) -> Result<Value, DatadogError> {
        self.request(Method::POST, &[MONITOR], &[], Some(&json(monitor)?)).await
    }

    /// Updates a monitor.
    pub async fn update_monitor(
        &self,
        id: i64,
        update: &MonitorUpdateRequest,
    ) -> Result<Value, DatadogError> {
        self.request(Method::PUT, &[MONITOR, &id.to_string()], &[], Some(&json(update)?)).await
    }

    /// Deletes a monitor. Returns no error if the monitor does not exist.
    pub async fn delete_monitor(&self, id: i64) -> Result<(), DatadogError> {
        none_if_not_found(self.request(Method::DELETE, &[MONITOR, &id.to_string()], &[], None).await)
            .map(drop)
    }

    /// The metadata of a metric, if Datadog has the metric. See
    /// <https://docs.datadoghq.com/api/latest/metrics/#get-metric-metadata>.
    pub async fn metadata(&self, metric: &str) -> Result<Option<MetricMetadata>, DatadogError> {
        match none_if_not_found(self.request(Method::GET, &[METRICS, metric], &[], None).await)? {
            Some(body) => self.read(body, "no metadata").map(Some),
            None => Ok(None),
        }
    }

    /// Updates the metadata of a metric.
    pub async fn update_metadata(&self, metric: &str, metadata: &MetricMetadata) -> Result<(), DatadogError> {
        self.request(Method::PUT, &[METRICS, metric], &[], Some(&json(metadata)?)).await.map(drop)
    }

    /// The series that a query returns between two times. See
    /// <https://docs.datadoghq.com/api/latest/metrics/#query-timeseries-points>.
    pub async fn query(
        &self,
        query: &str,
        from: SystemTime,
        to: SystemTime,
    ) -> Result<Vec<QueriedSeries>, DatadogError> {
        #[derive(Deserialize)]
        struct QueryResponse {
            status: Option<String>,
            error: Option<String>,
            #[serde(default)]
            series: Vec<QueriedSeries>,
        }

        let (from, to) = (seconds(from).to_string(), seconds(to).to_string());
        let parameters = [("from", &*from), ("to", &*to), ("query", query)];
        let body = self.request(Method::GET, &[QUERY], &parameters, None).await?;
        let response: QueryResponse = self.read(body, "no series")?;
        match response {
            QueryResponse { status: Some(status), error, .. } if status != "ok" => {
                let message = error.unwrap_or_else(|| format!("the query ended as `{status}`"));
                Err(DatadogError::Refused(self.response(&message)))
            }
            QueryResponse { series, .. } => Ok(series),
        }
    }

    /// Sends a request to version 1 of the API, with retries.
    async fn request(
        &self,
        method: Method,
        path: &[&str],
        parameters: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Value, DatadogError> {
        let scope = key_scope(&method, path);
        let path = [&["api", "v1"], path].concat();
        let request = self.requests.make(method, &path, parameters, body)?;
        let retrier = Retrier::new(self.retry, Instant::now() + RETRY_TIME);
        let sent = self.http.send_with_retries(&request, request.method().into(), &retrier).await;
        sent.map(|success| success.body)
            .map_err(|error| error_of_request(error, &self.http.host).with_scope(scope))
    }

    /// Converts the body of a response. `message` is the error message if the body has another form.
    pub(crate) fn read<T: DeserializeOwned>(&self, body: Value, message: &str) -> Result<T, DatadogError> {
        serde_json::from_value(body).map_err(|_| self.unexpected(message))
    }

    pub(crate) fn unexpected(&self, message: &str) -> DatadogError {
        DatadogError::Unexpected(self.response(message))
    }

    fn response(&self, message: &str) -> ErrorResponse {
        ErrorResponse { host: self.http.host.clone(), status: 200, message: message.to_owned() }
    }
}

/// The body of a response. `None` if Datadog responded that the requested object does not exist.
fn none_if_not_found(response: Result<Value, DatadogError>) -> Result<Option<Value>, DatadogError> {
    match response {
        Ok(body) => Ok(Some(body)),
        Err(DatadogError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The last error of a request. `GaveUp` replaces errors about a run's deadline: these requests do not belong to a run.
fn error_of_request(error: RetryError<DatadogError>, host: &str) -> DatadogError {
    match error.into_last_error() {
        None | Some(DatadogError::Deadline { .. }) => {
            DatadogError::GaveUp { host: host.to_owned(), limit: RETRY_TIME }
        }
        Some(error) => error,
    }
}

// The requests hold the keys.
impl fmt::Debug for DatadogApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatadogApi").field("host", &self.http.host).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_at_the_deadline_of_a_request_does_not_mention_a_run() {
        let deadline = RetryError::Permanent(DatadogError::Deadline { host: "api:443".to_owned() });

        for error in [deadline, RetryError::TooLate] {
            assert_eq!(
                error_of_request(error, "api:443").to_string(),
                "no usable response from api:443 within 60s, including retries"
            );
        }
    }
}
