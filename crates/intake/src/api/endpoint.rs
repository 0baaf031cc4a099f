//! What the endpoints have in common: how they read a request, how they refuse one, and how they write times.

use std::{str::FromStr, time::SystemTime};

use serde_json::{Map, Value};

use crate::{
    exchange::{Answer, Request, error},
    store::StoreError,
};

/// The name and the handle of the author of all dashboards and monitors: the owner of the API key. Both are made up.
pub(crate) const AUTHOR: (&str, &str) = ("Robin Keys", "robin@example.com");

/// The body of a successful answer, or a refusal.
pub(crate) type EndpointResult = Result<Value, Answer>;

/// The JSON object in a request.
pub(crate) fn object(request: &Request) -> Result<Map<String, Value>, Answer> {
    serde_json::from_slice(&request.body)
        .map_err(|cause| error(400, &format!("Payload is not in the expected format: {cause}")))
}

/// The whole number in a parameter of the query, if it is there.
pub(crate) fn number<T: FromStr>(request: &Request, name: &str) -> Result<Option<T>, Answer> {
    request.parameter(name).map(|text| text.parse().map_err(|_| invalid(name))).transpose()
}

/// Datadog's refusal of a property or a parameter.
pub(crate) fn invalid(name: &str) -> Answer {
    error(400, &format!("The value provided for parameter '{name}' is invalid"))
}

/// The current time as Datadog writes it: `2024-11-14T19:12:08.172934+00:00`.
pub(crate) fn now() -> Value {
    let now = humantime::format_rfc3339_micros(SystemTime::now()).to_string();
    now.replace('Z', "+00:00").into()
}

/// The current time, in seconds since 1970.
pub(crate) fn seconds_since_1970() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

impl From<StoreError> for Answer {
    /// If the store fails, the status is 500, after which clients retry.
    fn from(failure: StoreError) -> Self {
        error(500, &failure.with_cause())
    }
}
