//! What an API key alone does not allow: to manage dashboards, monitors and metadata, and to query.

mod requests;

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use datadog_api_client::datadogV1::model::{Dashboard, MetricMetadata, Monitor, MonitorUpdateRequest};
use reqwest::Request;
use secrecy::SecretString;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use tokio::time::Instant;

use self::requests::ApiRequests;
use crate::{
    Answer, ConfigError, DatadogConfig, DatadogError, Key,
    http::{Good, Http},
    key,
    retry::Patience,
};

/// How long one request is tried again.
const PATIENCE: Duration = Duration::from_mins(1);
/// How many dashboards or monitors are asked for at once.
const PAGE: usize = 100;

/// Datadog's API beyond the intake, for which it wants an application key, too.
///
/// Requests are sent again as deliveries are; one that creates something only if Datadog has certainly not
/// taken it.
#[derive(Clone)]
pub struct DatadogApi {
    requests: ApiRequests,
    http: Http,
    first_wait: Duration,
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
        let app_key = key::checked(Key::Application, app_key)?;
        let key = key::checked(Key::Api, &config.api_key)?;
        let http = Http::new(config)?;
        let requests = ApiRequests::new(&config.endpoint, key, app_key, http.client.clone());
        Ok(Self { requests, http, first_wait: config.first_wait })
    }

    /// Asks once whether both keys are valid. See
    /// <https://docs.datadoghq.com/api/latest/key-management/#validate-api-and-application-keys>.
    pub async fn validate(&self) -> Result<(), DatadogError> {
        let answer = self.http.send(self.requests.validate()?, None).await?;
        match answer.body.get("status").and_then(Value::as_str) {
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
            let answer = self.send(self.requests.list_dashboards(all.len(), PAGE)?).await?;
            let List { dashboards } = self.read(answer.body, "no list of dashboards")?;
            let is_last = dashboards.len() < PAGE;
            all.extend(dashboards);
            if is_last {
                return Ok(all);
            }
        }
    }

    /// One dashboard, if there is one of this id.
    pub async fn dashboard(&self, id: &str) -> Result<Option<Value>, DatadogError> {
        found(self.send(self.requests.get_dashboard(id)?).await)
    }

    /// Makes a dashboard, and gives what Datadog made of it.
    pub async fn create_dashboard(&self, dashboard: &Dashboard) -> Result<Value, DatadogError> {
        Ok(self.send(self.requests.create_dashboard(dashboard.clone())?).await?.body)
    }

    /// Puts a dashboard in the place of another.
    pub async fn update_dashboard(&self, id: &str, dashboard: &Dashboard) -> Result<Value, DatadogError> {
        Ok(self.send(self.requests.update_dashboard(id, dashboard.clone())?).await?.body)
    }

    /// Deletes a dashboard. One that is not there is none to delete.
    pub async fn delete_dashboard(&self, id: &str) -> Result<(), DatadogError> {
        found(self.send(self.requests.delete_dashboard(id)?).await).map(drop)
    }

    /// The monitors that carry all of these tags. See
    /// <https://docs.datadoghq.com/api/latest/monitors/#get-all-monitor-details>.
    pub async fn monitors(&self, tags: &[String]) -> Result<Vec<Value>, DatadogError> {
        let mut all = Vec::new();
        for page in 0.. {
            let answer = self.send(self.requests.list_monitors(tags, page, PAGE)?).await?;
            let monitors: Vec<Value> = self.read(answer.body, "no list of monitors")?;
            let is_last = monitors.len() < PAGE;
            all.extend(monitors);
            if is_last {
                break;
            }
        }
        Ok(all)
    }

    /// Makes a monitor.
    pub async fn create_monitor(&self, monitor: &Monitor) -> Result<Value, DatadogError> {
        Ok(self.send(self.requests.create_monitor(monitor.clone())?).await?.body)
    }

    /// Changes a monitor.
    pub async fn update_monitor(
        &self,
        id: i64,
        update: &MonitorUpdateRequest,
    ) -> Result<Value, DatadogError> {
        Ok(self.send(self.requests.update_monitor(id, update.clone())?).await?.body)
    }

    /// Deletes a monitor. One that is not there is none to delete.
    pub async fn delete_monitor(&self, id: i64) -> Result<(), DatadogError> {
        found(self.send(self.requests.delete_monitor(id)?).await).map(drop)
    }

    /// What Datadog knows of a metric, if it knows the metric. See
    /// <https://docs.datadoghq.com/api/latest/metrics/#get-metric-metadata>.
    pub async fn metadata(&self, metric: &str) -> Result<Option<MetricMetadata>, DatadogError> {
        match found(self.send(self.requests.get_metadata(metric)?).await)? {
            Some(body) => self.read(body, "no metadata").map(Some),
            None => Ok(None),
        }
    }

    /// Says what a metric is.
    pub async fn update_metadata(&self, metric: &str, metadata: &MetricMetadata) -> Result<(), DatadogError> {
        self.send(self.requests.update_metadata(metric, metadata.clone())?).await.map(drop)
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

        let answer = self.send(self.requests.query(query, seconds(from), seconds(to))?).await?;
        let found: Found = self.read(answer.body, "no series")?;
        match found {
            Found { status: Some(status), error, .. } if status != "ok" => {
                let words = error.unwrap_or_else(|| format!("the query ended as `{status}`"));
                Err(DatadogError::Refused(self.answer(&words)))
            }
            Found { series, .. } => Ok(series),
        }
    }

    /// Sends a request, and again where that may help and cannot make anything twice.
    async fn send(&self, request: Request) -> Result<Good, DatadogError> {
        let patience = Patience::new(Instant::now() + PATIENCE, self.first_wait);
        let creates = request.method() == reqwest::Method::POST;
        let may_be_repeated =
            |error: &DatadogError| !creates || matches!(error, DatadogError::RateLimited { .. });
        let attempt = async || {
            let again = || DatadogError::Client("a request cannot be sent again".to_owned());
            let request = request.try_clone().ok_or_else(again)?;
            self.http.send(request, Some(patience.deadline())).await
        };
        let sent = patience.with_retries_where(may_be_repeated, attempt).await;
        sent.map_err(|gave_up| gave_up.into_last_error(&self.http.host))
    }

    pub(crate) fn read<T: DeserializeOwned>(&self, body: Value, otherwise: &str) -> Result<T, DatadogError> {
        serde_json::from_value(body).map_err(|_| self.unexpected(otherwise))
    }

    fn unexpected(&self, words: &str) -> DatadogError {
        DatadogError::Unexpected(self.answer(words))
    }

    fn answer(&self, words: &str) -> Answer {
        Answer { host: self.http.host.clone(), status: 200, words: words.to_owned() }
    }
}

/// The body of an answer; none where there is nothing to be found.
fn found(answer: Result<Good, DatadogError>) -> Result<Option<Value>, DatadogError> {
    match answer {
        Ok(good) => Ok(Some(good.body)),
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
