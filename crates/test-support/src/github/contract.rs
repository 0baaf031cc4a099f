//! Validates requests and responses against the `OpenAPI` description and the GraphQL schema that GitHub publishes: clients
//! may make only requests that GitHub declares, and the fake must respond as GitHub does. The script
//! `contract/github_check.py` does the work, and says where it is stricter than the description.

use std::fmt::{self, Write as _};

use serde::Serialize;
use serde_json::Value;

use crate::tools;

/// A request and its response.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Exchange {
    /// The method, such as `GET`.
    pub method: String,
    /// The path as in GitHub's documentation, without the base path of an Enterprise server.
    pub path: String,
    /// The query without its question mark, still encoded.
    pub query: String,
    /// The body of the request. Null if it is not JSON.
    pub request: Value,
    /// The status of the response.
    pub status: u16,
    /// The body of the response. Null if it is not JSON.
    pub body: Value,
}

/// The problems of each exchange, in order. An empty list if there are none.
///
/// # Panics
/// Without the provisioned tools.
#[must_use]
pub fn problems(exchanges: &[Exchange]) -> Vec<Vec<String>> {
    let description = tools::file("github/api.github.com.json");
    let mut input = Vec::new();
    for exchange in exchanges {
        serde_json::to_writer(&mut input, exchange).expect("write an exchange as JSON");
        input.push(b'\n');
    }
    let schema = tools::file("github-graphql/schema.graphql");
    let output = tools::run_contract_script("github_check.py", &[&description, &schema], &input);
    let problems: Vec<_> =
        output.lines().map(|line| serde_json::from_str(line).expect("a list of problems")).collect();
    assert_eq!(problems.len(), exchanges.len(), "one list of problems for each exchange");
    problems
}

/// Asserts that no exchange has a problem.
///
/// # Panics
/// If there are no exchanges, if one has a problem, or without the provisioned tools.
pub fn check(exchanges: &[Exchange]) {
    assert!(!exchanges.is_empty(), "there are no exchanges to check");
    let mut message = String::new();
    for (exchange, problems) in exchanges.iter().zip(problems(exchanges)) {
        for problem in problems {
            let _ = write!(message, "\n{exchange}: {problem}");
        }
    }
    assert!(message.is_empty(), "not as GitHub describes it:{message}");
}

/// Asserts that each of these exchanges has a problem. Each text says what is wrong with the exchange.
///
/// # Panics
/// If an exchange has no problem, or without the provisioned tools.
pub fn assert_refused(exchanges: &[(String, Exchange)]) {
    let wrong: Vec<Exchange> = exchanges.iter().map(|(_, exchange)| exchange.clone()).collect();
    let accepted: Vec<_> = exchanges
        .iter()
        .zip(problems(&wrong))
        .filter(|(_, problems)| problems.is_empty())
        .map(|((change, exchange), _)| format!("{exchange}: {change}"))
        .collect();
    assert!(accepted.is_empty(), "accepted but wrong: {accepted:#?}");
}

/// The JSON pointers of all values in a document, including the document itself.
#[must_use]
pub fn json_pointers(document: &Value) -> Vec<String> {
    let below = |key: &str, value| {
        json_pointers(value).into_iter().map(move |pointer| format!("/{key}{pointer}")).collect()
    };
    let inner: Vec<Vec<String>> = match document {
        Value::Object(object) => object.iter().map(|(key, value)| below(key, value)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(i, value)| below(&i.to_string(), value)).collect()
        }
        _ => vec![],
    };
    std::iter::once(String::new()).chain(inner.into_iter().flatten()).collect()
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.query.is_empty() { "" } else { "?" };
        write!(f, "{} {}{mark}{} ({})", self.method, self.path, self.query, self.status)
    }
}
