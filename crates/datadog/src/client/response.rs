//! Parses responses. The generated client does not keep headers, drops bodies that it cannot parse, and takes any status
//! below 400 for a success. Here, only a documented response is a success, and an error quotes the response.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use http::{HeaderMap, StatusCode};
use serde_json::Value;
use system_health_http::{HttpResponse, Redactor, header, retry_after};

use super::{DatadogError, DatadogKey, error_list::errors};

/// A response that is not a success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorResponse {
    /// Host and port of the server.
    pub host: String,
    /// The status.
    pub status: u16,
    /// The errors that the body lists, or otherwise the body: in one line, shortened and without the keys. If the body has an
    /// unexpected form, what is wrong with it.
    pub message: String,
}

/// The body and the headers of a success.
#[derive(Debug)]
pub(crate) struct Success {
    pub(crate) body: Value,
    pub(crate) headers: HeaderMap,
}

/// What a request expects of its response.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected<'a> {
    /// The host, with its port.
    pub(crate) host: &'a str,
    /// The status of a success.
    pub(crate) status: StatusCode,
    /// The key to mention if the keys are refused.
    pub(crate) key: DatadogKey,
    /// Removes the keys from quoted text.
    pub(crate) redactor: &'a Redactor,
}

impl fmt::Display for ErrorResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} answered {}", self.host, self.status)?;
        if self.message.is_empty() { Ok(()) } else { write!(f, ": {}", self.message) }
    }
}

impl Expected<'_> {
    /// The body and the headers of a response, if it is a success.
    pub(crate) fn success_from(self, response: HttpResponse) -> Result<Success, DatadogError> {
        let HttpResponse { status, headers, body, .. } = response;
        let body = self.parse(status, &headers, &body)?;
        Ok(Success { body, headers })
    }

    fn parse(self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Result<Value, DatadogError> {
        let json = serde_json::from_slice::<Value>(body).ok();
        let errors = json.as_ref().map(errors).unwrap_or_default();
        let text = if errors.is_empty() { String::from_utf8_lossy(body).into() } else { errors.join("; ") };
        match json {
            Some(json) if status == self.status && errors.is_empty() && self.is_documented(&json) => Ok(json),
            _ => {
                let message = self.redactor.quote(&text);
                let response = ErrorResponse { host: self.host.to_owned(), status: status.as_u16(), message };
                let wait = requested_wait(headers, SystemTime::now());
                Err(DatadogError::from_response(response, self.key, !errors.is_empty(), wait))
            }
        }
    }

    /// Whether the body has a documented form: an object, in which `errors`, if present, is an array. Only endpoints that need an
    /// application key may also respond with an array.
    fn is_documented(self, body: &Value) -> bool {
        match body {
            Value::Array(_) => self.key == DatadogKey::Application,
            Value::Object(body) => body.get("errors").is_none_or(Value::is_array),
            _ => false,
        }
    }
}

/// The wait in `Retry-After`, a header of HTTP, or in `X-RateLimit-Reset`, a header of Datadog
/// (<https://docs.datadoghq.com/api/latest/rate-limits/>). If there are both, the longer wait.
fn requested_wait(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let reset = header(headers, "x-ratelimit-reset").map(Duration::from_secs);
    retry_after(headers, now).max(reset)
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn only_documented_responses_are_successes() {
        let redactor = Redactor::new([], "[key]");
        let expected = Expected {
            host: "host",
            status: StatusCode::ACCEPTED,
            key: DatadogKey::Api,
            redactor: &redactor,
        };
        let parsed = |status, body: &str| {
            let status = StatusCode::from_u16(status).unwrap();
            expected.parse(status, &HeaderMap::new(), body.as_bytes())
        };
        for body in ["{}", r#"{"errors": []}"#, r#"{"errors": [], "more": 1}"#] {
            assert!(parsed(202, body).is_ok(), "{body}");
            assert!(matches!(parsed(200, body), Err(DatadogError::Unexpected(_))), "{body}");
        }
        for body in ["", "[]", "true", "<html>", r#"{"errors": "none"}"#, r#"{"errors": ["#] {
            assert!(matches!(parsed(202, body), Err(DatadogError::Unexpected(_))), "{body}");
        }
    }

    #[test]
    fn the_longer_wait_of_both_headers_is_used() {
        const AFTER: &str = "retry-after";
        const RESET: &str = "x-ratelimit-reset";
        let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        for (headers, seconds) in [
            (&[][..], None),
            (&[(AFTER, "Tue, 14 Nov 2023 22:13:30 GMT")], Some(10)),
            (&[(RESET, "42")], Some(42)),
            (&[(RESET, "1e9")], None),
            (&[(RESET, "42"), (AFTER, "7")], Some(42)),
            (&[(RESET, "4"), (AFTER, "7")], Some(7)),
            (&[(RESET, "never"), (AFTER, "7")], Some(7)),
        ] {
            let pairs = headers
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            let wait = requested_wait(&pairs.collect(), now);
            assert_eq!(wait, seconds.map(Duration::from_secs), "{headers:?}");
        }
    }
}
