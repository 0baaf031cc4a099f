//! GraphQL: the answer to a query. GitHub answers 200 even if the query failed:
//! <https://docs.github.com/en/graphql/guides/using-graphql-clients>.

use std::time::SystemTime;

use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use system_health_http::Retry;

use super::{
    cause::{Cause, ErrorBody},
    query_errors::{QueryError, QueryErrorKind, QueryErrors, kind_of_message},
    rate_limit::limit_wait,
};

/// The body of the response to a query.
#[derive(Debug, Deserialize)]
pub(super) struct QueryAnswer {
    data: Option<Value>,
    #[serde(default)]
    errors: Vec<QueryError>,
    /// GitHub's explanation if it did not look at the query.
    #[serde(flatten)]
    body: ErrorBody,
}

impl QueryAnswer {
    /// The data of the answer. With errors, parts of the data are missing, so the answer is an error.
    pub(super) fn into_data(self, headers: &HeaderMap, now: SystemTime) -> Result<Value, (Retry, Cause)> {
        if let (Some(data), []) = (self.data.filter(|data| !data.is_null()), &*self.errors) {
            return Ok(data);
        }
        let errors = QueryErrors(self.errors);
        let kind = if errors.0.is_empty() { self.body.query_error_kind() } else { errors.kind() };
        if kind == QueryErrorKind::RateLimited {
            let wait = limit_wait(headers, now);
            let until = now.checked_add(wait).unwrap_or(now);
            let message = errors.0.first().map(|error| error.message().to_owned());
            let body = message.map_or(self.body, ErrorBody::from_message);
            return Err((Retry::After(wait), Cause::RateLimit { status: StatusCode::OK, body, until }));
        }
        let retry = if kind == QueryErrorKind::Timeout { Retry::Backoff } else { Retry::Never };
        Err((
            retry,
            if errors.0.is_empty() { Cause::NoAnswer { body: self.body } } else { Cause::Query(errors) },
        ))
    }
}

impl ErrorBody {
    fn query_error_kind(&self) -> QueryErrorKind {
        self.message().map_or(QueryErrorKind::Other, kind_of_message)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use http::{HeaderName, HeaderValue};
    use serde_json::json;

    use super::*;

    fn answer(body: Value, headers: &[(&'static str, &'static str)]) -> Result<Value, (Retry, String)> {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let answer: QueryAnswer = serde_json::from_value(body).unwrap();
        answer.into_data(&headers.collect(), now).map_err(|(retry, cause)| (retry, cause.to_string()))
    }

    #[test]
    fn data_with_errors_is_an_error() {
        let data = json!({ "repository": { "a": 1 } });
        assert_eq!(answer(json!({ "data": data }), &[]), Ok(data.clone()));
        assert_eq!(answer(json!({ "data": data, "errors": [] }), &[]), Ok(data.clone()));
        let error = json!({"message": "Could not resolve\nto a node", "type": "NOT_FOUND", "path": ["repository", 3, "b"]});
        assert_eq!(
            answer(json!({ "data": data, "errors": [error] }), &[]),
            Err((
                Retry::Never,
                "GitHub answered the query with an error: Could not resolve to a node (NOT_FOUND at \
                 `repository.3.b`)"
                    .to_owned()
            ))
        );
        for body in [json!({}), json!({ "data": null }), json!({ "message": "Nothing\u{7} today" })] {
            let (retry, text) = answer(body.clone(), &[]).unwrap_err();
            assert_eq!(retry, Retry::Never, "{body}");
            assert!(text.starts_with("GitHub answered the query without data"), "{text}");
        }
    }

    #[test]
    fn limits_and_timeouts_are_retried() {
        let body = json!({ "errors": [{ "type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 1." }] });
        let headers = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1700000090")];
        assert_eq!(
            answer(body, &headers),
            Err((
                Retry::After(Duration::from_secs(90)),
                "GitHub's rate limit is exhausted until 2023-11-14T22:14:50Z: 200 OK: API rate limit exceeded for \
                 user ID 1."
                    .to_owned()
            ))
        );
        let body = json!({ "message": "You have exceeded a secondary rate limit." });
        assert_eq!(
            answer(body, &[("retry-after", "7")]).unwrap_err().0,
            Retry::After(Duration::from_secs(7))
        );
        let body = json!({ "data": null, "errors": [{ "message": "Something went wrong while executing your query." }] });
        assert_eq!(answer(body, &[]).unwrap_err().0, Retry::Backoff);
    }
}
