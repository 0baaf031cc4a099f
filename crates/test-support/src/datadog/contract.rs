//! Checks requests to Datadog, and the fake's answers, against Datadog's own API description. A property that the description
//! does not list is a fault, so that a typo is detected.

use serde::Serialize;
use serde_json::Value;

use crate::tools;

/// A request, or an answer if it has a status.
#[derive(Debug, Clone, Serialize)]
pub struct Message<'a> {
    /// The method of the request.
    pub method: &'a str,
    /// The path of the request, followed by `?` and the query if there is one.
    pub path: &'a str,
    /// The status of an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The JSON body. Null if there is none.
    pub body: Value,
}

impl<'a> Message<'a> {
    /// A request.
    #[must_use]
    pub fn request(method: &'a str, path: &'a str, body: Value) -> Self {
        Self { method, path, status: None, body }
    }

    /// A payload that was sent to the series endpoint.
    #[must_use]
    pub fn series(payload: Value) -> Self {
        Self::request("POST", "/api/v2/series", payload)
    }

    /// A payload that was sent to the endpoint of distributions.
    #[must_use]
    pub fn distributions(payload: Value) -> Self {
        Self::request("POST", "/api/v1/distribution_points", payload)
    }

    /// A request that creates a dashboard.
    #[must_use]
    pub fn dashboard(dashboard: Value) -> Self {
        Self::request("POST", "/api/v1/dashboard", dashboard)
    }

    /// An answer to a request.
    #[must_use]
    pub fn answer(method: &'a str, path: &'a str, status: u16, body: Value) -> Self {
        Self { method, path, status: Some(status), body }
    }
}

/// Returns the problems of each message. The list of a valid message is empty.
///
/// # Panics
/// If the tools are not provisioned or the check itself fails.
#[must_use]
pub fn problems(messages: &[Message<'_>]) -> Vec<Vec<String>> {
    let descriptions = tools::file("datadog/v2.json");
    let folder = descriptions.parent().expect("a file in a folder");
    let input = serde_json::to_vec(messages).expect("messages that are JSON");
    let output = tools::run_contract_script("datadog_check.py", &[folder], &input);
    serde_json::from_str(&output).expect("a list of problems for each message")
}
