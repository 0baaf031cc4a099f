//! The client of the Pushgateway's API (<https://github.com/prometheus/pushgateway#api>).

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use http::{Method, header::CONTENT_TYPE};
use reqwest::RequestBuilder;
use serde_json::Value;
use system_health_http::{
    AttemptError, HttpResponse, Idempotency, Retrier, RetryError, RetryPolicy, RunClient,
};
use system_health_registry::DeliveryError;
use tokio::time::{Instant, timeout};
use url::Url;

use crate::{
    exposition::{self, Exposition},
    family::Families,
    family_store::{FamilyStore, WriteError},
    gateway_error::{GatewayError, RequestError},
    group::PushGroup,
    login::Login,
    part::Part,
    response::Meaning,
};

/// Maximum length of a response, in bytes. The longest response is the list of the contents of all groups.
const MAX_LENGTH: usize = 64 * 1024 * 1024;
/// Timeout of one request.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Timeout for deleting old groups. A delivery waits until they are deleted.
const CLEAN_UP_TIMEOUT: Duration = Duration::from_secs(5);

/// A Pushgateway and the groups of one reporter.
#[derive(Clone)]
pub(crate) struct Gateway {
    pub(crate) client: RunClient,
    /// The URL, without a slash at its end.
    pub(crate) url: String,
    pub(crate) login: Login,
    pub(crate) reporter: Option<String>,
    pub(crate) delete_after: Option<Duration>,
    pub(crate) policy: RetryPolicy,
}

/// A group in the Pushgateway's list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ListedGroup {
    pub(crate) group: PushGroup,
    /// The time of the last attempt to push to the group.
    pub(crate) last_push: SystemTime,
}

impl Gateway {
    /// The version of the Pushgateway.
    pub(crate) async fn version(&self, deadline: Instant) -> Result<String, RequestError> {
        let path = "/api/v1/status";
        let response = self.request(Method::GET, path, deadline).await?;
        let status: Option<Value> = serde_json::from_slice(&response.body).ok();
        let version = status.as_ref().and_then(|status| status.pointer("/data/build_information/version"));
        let version = version.and_then(Value::as_str).map(str::to_owned);
        version.ok_or_else(|| self.unexpected(path, &response))
    }

    /// All groups that belong to reporters.
    pub(crate) async fn groups(&self, deadline: Instant) -> Result<Vec<ListedGroup>, RequestError> {
        let path = "/api/v1/metrics";
        let response = self.request(Method::GET, path, deadline).await?;
        let response =
            response.ensure_complete().map_err(|error| self.failed(Method::GET, path, error.into()))?;
        let list: Option<Value> = serde_json::from_slice(&response.body).ok();
        let groups = list.as_ref().and_then(|list| list.get("data")).and_then(Value::as_array);
        let groups = groups.ok_or_else(|| self.unexpected(path, &response))?;
        Ok(groups.iter().filter_map(listed_group).collect())
    }

    /// The URL of a group, for messages.
    pub(crate) fn group_url(&self, group: &PushGroup) -> String {
        format!("{}{}", self.url, group.path())
    }

    /// The group of this reporter for a part.
    pub(crate) fn group(&self, part: Part) -> PushGroup {
        PushGroup::new(part, self.reporter.as_deref())
    }

    async fn push(
        &self,
        method: Method,
        part: Part,
        families: &Families,
        deadline: Instant,
    ) -> Result<(), WriteError> {
        // The text may be large. All attempts share it.
        let (path, text) = (self.group(part).path(), Bytes::from(Exposition(families).to_string()));
        let retrier = Retrier::new(self.policy.until_deadline(), deadline);
        // A repeated push overwrites the first one.
        let pushed = retrier.run(Idempotency::Idempotent, async || {
            self.send(method.clone(), &path, Some(text.clone()), deadline).await
        });
        match pushed.await {
            Ok(_) => Ok(()),
            Err(RetryError::Permanent(error)) if error.source.blames_metrics() => {
                Err(WriteError::Refused(DeliveryError::new(error)))
            }
            Err(error) if error.last_error().is_some_and(AttemptError::may_have_been_processed) => {
                Err(WriteError::Unknown(DeliveryError::new(error)))
            }
            Err(error) => Err(WriteError::Left(DeliveryError::new(error))),
        }
    }

    /// Sends a request without a body.
    async fn request(
        &self,
        method: Method,
        path: &str,
        deadline: Instant,
    ) -> Result<HttpResponse, RequestError> {
        self.send(method, path, None, deadline).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        text: Option<Bytes>,
        deadline: Instant,
    ) -> Result<HttpResponse, RequestError> {
        let sending = async {
            let mut request = self.build_request(method.clone(), path)?;
            if let Some(text) = text {
                request = request.header(CONTENT_TYPE, exposition::CONTENT_TYPE).body(text);
            }
            let request = request.build().map_err(GatewayError::Request)?;
            let response = self.client.with_deadline(deadline).send(request, MAX_LENGTH).await?;
            if Meaning::from(&response) == Meaning::Success {
                return Ok(response);
            }
            Err(GatewayError::from_response(&response, &self.login.redactor()))
        };
        sending.await.map_err(|error| self.failed(method, path, error))
    }

    fn build_request(&self, method: Method, path: &str) -> Result<RequestBuilder, GatewayError> {
        let url: Url = format!("{}{path}", self.url).parse()?;
        let request = self.client.inner().request(method, url).timeout(TIMEOUT);
        Ok(self.login.authorize(request))
    }

    fn failed(&self, method: Method, path: &str, source: GatewayError) -> RequestError {
        RequestError { method, url: format!("{}{path}", self.url), source }
    }

    /// The error for a response that does not come from a Pushgateway.
    fn unexpected(&self, path: &str, response: &HttpResponse) -> RequestError {
        self.failed(Method::GET, path, GatewayError::from_response(response, &self.login.redactor()))
    }

    /// Deletes the groups of other reporters that have not been pushed for the given time. If a group cannot be deleted, the
    /// others are still deleted.
    async fn delete_old_groups(&self, after: Duration, deadline: Instant) -> Result<(), RequestError> {
        for ListedGroup { group, last_push } in self.groups(deadline).await? {
            let age = SystemTime::now().duration_since(last_push).unwrap_or_default();
            if age < after || Part::ALL.into_iter().any(|part| self.group(part) == group) {
                continue;
            }
            match self.request(Method::DELETE, &group.path(), deadline).await {
                Ok(_) => tracing::info!(
                    "deleted {} from the Pushgateway, because it has not been pushed for {age:.0?}",
                    self.group_url(&group)
                ),
                Err(error) => tracing::warn!(
                    "cannot delete an old group from the Pushgateway: {}",
                    DeliveryError::new(error)
                ),
            }
        }
        Ok(())
    }
}

impl FamilyStore for Gateway {
    async fn check(&self, deadline: Instant) -> Result<(), DeliveryError> {
        let retrier = Retrier::new(self.policy, deadline);
        let checking = retrier
            .run(Idempotency::Idempotent, async || self.request(Method::GET, "/-/ready", deadline).await);
        checking.await.map(drop).map_err(DeliveryError::new)
    }

    async fn replace(
        &self,
        part: Part,
        families: &Arc<Families>,
        deadline: Instant,
    ) -> Result<(), WriteError> {
        self.push(Method::PUT, part, families, deadline).await
    }

    async fn add(
        &self,
        part: Part,
        families: &Families,
        _written: &Families,
        deadline: Instant,
    ) -> Result<(), WriteError> {
        self.push(Method::POST, part, families, deadline).await
    }

    async fn clean_up(&self, deadline: Instant) {
        let Some(after) = self.delete_after else { return };
        match timeout(CLEAN_UP_TIMEOUT, self.delete_old_groups(after, deadline)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(
                    "cannot delete old groups from the Pushgateway: {}",
                    DeliveryError::new(error)
                );
            }
            Err(_) => tracing::warn!(
                "cannot delete all old groups from the Pushgateway within {CLEAN_UP_TIMEOUT:?}"
            ),
        }
    }
}

/// Parses one item of the list of groups. `None` if it cannot belong to a reporter.
fn listed_group(listed: &Value) -> Option<ListedGroup> {
    let group = PushGroup::from_labels(listed.get("labels")?)?;
    let time = |name: &str| -> Option<f64> {
        listed.pointer(&format!("/{name}/metrics/0/value"))?.as_str()?.parse().ok()
    };
    let last = time("push_time_seconds")?.max(time("push_failure_time_seconds").unwrap_or_default());
    let last_push = UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(last).ok()?)?;
    Some(ListedGroup { group, last_push })
}

// `Debug` is not derived, because the login must not be logged.
impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway")
            .field("url", &self.url)
            .field("reporter", &self.reporter)
            .finish_non_exhaustive()
    }
}
