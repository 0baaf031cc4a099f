//! What an API key alone does not allow: to manage dashboards, monitors and metadata, and to query.

mod requests;
mod scope;

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use datadog_api_client::datadogV1::model::{Dashboard, MetricMetadata, Monitor, MonitorUpdateRequest};
use reqwest::Method;
use secrecy::SecretString;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use system_health_http::{HttpClient, Retrier, RetryPolicy};
use tokio::time::Instant;

use self::{requests::ApiRequests, scope::scope};
use crate::{ConfigError, DatadogConfig, DatadogError, ErrorResponse, Key, http::Http, json::json, key};

/// How long one request is retried.
const RETRY_TIME: Duration = Duration::from_mins(1);
/// How many dashboards or monitors are asked for at once.
const PAGE: &str = "100";
const PAGE_LENGTH: usize = 100;

const DASHBOARD: &str = "dashboard";
const MONITOR: &str = "monitor";
const METRICS: &str = "metrics";
const QUERY: &str = "query";

/// Datadog's API beyond the intake, for which it wants an application key, too.
///
/// Requests are retried a few times; one that creates something only if Datadog has certainly not processed it.
#[derive(Clone)]
pub struct DatadogApi {
    requests: ApiRequests,
    http: Http,
    retry: RetryPolicy,
}

/// A dashboard in Datadog's list of them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DashboardSummary {
    /// Its id, such as `abc-def-ghi`.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it says of itself.
    pub description: Option<String>,
    /// Its path below the site's address.
    pub url: Option<String>,
}

/// Points that a query has found, of one series.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Series {
    /// Times, in milliseconds since 1970, and values; none where there is a gap.
    #[serde(default, rename = "pointlist")]
    pub points: Vec<(f64, Option<f64>)>,
}

impl DatadogApi {
    /// Checks the form of the keys and sets up the client; sends nothing.
    pub fn new(config: &DatadogConfig, app_key: &SecretString) -> Result<Self, ConfigError> {
        Self::with_connections(config, app_key, &config.connections()?)
    }

    /// The same with connections that were set up before, for the same endpoint.
    pub fn with_connections(
        config: &DatadogConfig,
        app_key: &SecretString,
        client: &HttpClient,
    ) -> Result<Self, ConfigError> {
        let app_key = key::checked(Key::Application, app_key)?;
        let key = key::checked(Key::Api, &config.api_key)?;
        let http = Http::new(config, client, &[key, app_key]);
        let requests = ApiRequests::new(&config.endpoint, key, app_key)?;
        Ok(Self { requests, http, retry: config.retry })
    }

    /// Asks once whether both keys are valid. See
    /// <https://docs.datadoghq.com/api/latest/key-management/#validate-api-and-application-keys>.
    pub async fn validate(&self) -> Result<(), DatadogError> {
        let request = self.requests.make(Method::GET, &["api", "v2", "validate_keys"], &[], None)?;
        let success = self.http.send(request, None).await?;
        match success.body.get("status").and_then(Value::as_str) {
            Some("ok") => Ok(()),
            _ => Err(self.unexpected("not said whether the keys are valid")),
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
            let page = [("start", &*all.len().to_string()), ("count", PAGE)];
            let body = self.ask(Method::GET, &[DASHBOARD], &page, None).await?;
            let List { dashboards } = self.read(body, "no list of dashboards")?;
            let is_last = dashboards.len() < PAGE_LENGTH;
            all.extend(dashboards);
            if is_last {
                return Ok(all);
            }
        }
    }

    /// One dashboard, if there is one of this id.
    pub async fn dashboard(&self, id: &str) -> Result<Option<Value>, DatadogError> {
        let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        // A title is none, and asks for nothing.
        if !is_id {
            return Ok(None);
        }
        found(self.ask(Method::GET, &[DASHBOARD, id], &[], None).await)
    }

    /// Makes a dashboard, and gives what Datadog made of it.
    pub async fn create_dashboard(&self, dashboard: &Dashboard) -> Result<Value, DatadogError> {
        self.ask(Method::POST, &[DASHBOARD], &[], Some(&json(dashboard)?)).await
    }

    /// Puts a dashboard in the place of another.
    pub async fn update_dashboard(&self, id: &str, dashboard: &Dashboard) -> Result<Value, DatadogError> {
        self.ask(Method::PUT, &[DASHBOARD, id], &[], Some(&json(dashboard)?)).await
    }

    /// Deletes a dashboard. One that is not there is none to delete.
    pub async fn delete_dashboard(&self, id: &str) -> Result<(), DatadogError> {
        found(self.ask(Method::DELETE, &[DASHBOARD, id], &[], None).await).map(drop)
    }

    /// The monitors that carry all of these tags. See
    /// <https://docs.datadoghq.com/api/latest/monitors/#get-all-monitor-details>.
    pub async fn monitors(&self, tags: &[String]) -> Result<Vec<Value>, DatadogError> {
        let mut all = Vec::new();
        let tags = tags.join(",");
        for page in 0_usize.. {
            let page = [("monitor_tags", &*tags), ("page", &*page.to_string()), ("page_size", PAGE)];
            let body = self.ask(Method::GET, &[MONITOR], &page, None).await?;
            let monitors: Vec<Value> = self.read(body, "no list of monitors")?;
            let is_last = monitors.len() < PAGE_LENGTH;
            all.extend(monitors);
            if is_last {
                break;
            }
        }
        Ok(all)
    }

    /// Makes a monitor.
    pub async fn create_monitor(&self, monitor: &Monitor) -> Result<Value, DatadogError> {
        self.ask(Method::POST, &[MONITOR], &[], Some(&json(monitor)?)).await
    }

    /// Changes a monitor.
    pub async fn update_monitor(
        &self,
        id: i64,
        update: &MonitorUpdateRequest,
    ) -> Result<Value, DatadogError> {
        self.ask(Method::PUT, &[MONITOR, &id.to_string()], &[], Some(&json(update)?)).await
    }

    /// Deletes a monitor. One that is not there is none to delete.
    pub async fn delete_monitor(&self, id: i64) -> Result<(), DatadogError> {
        found(self.ask(Method::DELETE, &[MONITOR, &id.to_string()], &[], None).await).map(drop)
    }

    /// What Datadog knows of a metric, if it knows the metric. See
    /// <https://docs.datadoghq.com/api/latest/metrics/#get-metric-metadata>.
    pub async fn metadata(&self, metric: &str) -> Result<Option<MetricMetadata>, DatadogError> {
        match found(self.ask(Method::GET, &[METRICS, metric], &[], None).await)? {
            Some(body) => self.read(body, "no metadata").map(Some),
            None => Ok(None),
        }
    }

    /// Says what a metric is.
    pub async fn update_metadata(&self, metric: &str, metadata: &MetricMetadata) -> Result<(), DatadogError> {
        self.ask(Method::PUT, &[METRICS, metric], &[], Some(&json(metadata)?)).await.map(drop)
    }

    /// The series of a query between two times. See
    /// <https://docs.datadoghq.com/api/latest/metrics/#query-timeseries-points>.
    pub async fn query(
        &self,
        query: &str,
        from: SystemTime,
        to: SystemTime,
    ) -> Result<Vec<Series>, DatadogError> {
        #[derive(Deserialize)]
        struct Found {
            status: Option<String>,
            error: Option<String>,
            #[serde(default)]
            series: Vec<Series>,
        }

        let (from, to) = (seconds(from).to_string(), seconds(to).to_string());
        let parameters = [("from", &*from), ("to", &*to), ("query", query)];
        let body = self.ask(Method::GET, &[QUERY], &parameters, None).await?;
        let found: Found = self.read(body, "no series")?;
        match found {
            Found { status: Some(status), error, .. } if status != "ok" => {
                let words = error.unwrap_or_else(|| format!("the query ended as `{status}`"));
                Err(DatadogError::Refused(self.response(&words)))
            }
            Found { series, .. } => Ok(series),
        }
    }

    /// Makes a request to version 1 of the API, sends it, and again where that may help and cannot make
    /// anything twice.
    async fn ask(
        &self,
        method: Method,
        path: &[&str],
        parameters: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Value, DatadogError> {
        let scope = scope(&method, path);
        let path = [&["api", "v1"], path].concat();
        let request = self.requests.make(method, &path, parameters, body)?;
        let retrier = Retrier::new(self.retry, Instant::now() + RETRY_TIME);
        let sent = self.http.send_with_retries(&request, request.method().into(), &retrier).await;
        sent.map(|success| success.body).map_err(|error| {
            let late = || DatadogError::Deadline { host: self.http.host.clone() };
            error.into_last_error().unwrap_or_else(late).with_scope(scope)
        })
    }

    pub(crate) fn read<T: DeserializeOwned>(&self, body: Value, otherwise: &str) -> Result<T, DatadogError> {
        serde_json::from_value(body).map_err(|_| self.unexpected(otherwise))
    }

    fn unexpected(&self, words: &str) -> DatadogError {
        DatadogError::Unexpected(self.response(words))
    }

    fn response(&self, message: &str) -> ErrorResponse {
        ErrorResponse { host: self.http.host.clone(), status: 200, message: message.to_owned() }
    }
}

/// The body of a response; none where there is nothing to be found.
fn found(response: Result<Value, DatadogError>) -> Result<Option<Value>, DatadogError> {
    match response {
        Ok(body) => Ok(Some(body)),
        Err(DatadogError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn seconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

// The requests hold the keys.
impl fmt::Debug for DatadogApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatadogApi").field("host", &self.http.host).finish_non_exhaustive()
    }
}
