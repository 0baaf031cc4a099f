//! Reads every answer, instead of the generated client: that keeps no headers, drops the body of what it
//! cannot parse, and takes any status below 400 for success. Here an answer is good when it is what
//! Datadog documents, and is kept with its own words otherwise.

use std::{fmt, time::SystemTime};

use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::Value;

use crate::{
    DatadogError, Key,
    asked_wait::asked_wait,
    words::{errors, words},
};

/// An answer that was no success, in the server's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The host that answered, with its port.
    pub host: String,
    /// The status.
    pub status: u16,
    /// One line of what the body said, without the keys.
    pub words: String,
}

/// What has to be known of a request to judge its answer.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The host, with its port.
    pub(crate) host: String,
    /// The status of a success.
    pub(crate) success: StatusCode,
    /// The keys that were sent.
    pub(crate) keys: Vec<HeaderValue>,
    /// The one to look at if they are refused.
    pub(crate) refused: Key,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} answered {}", self.host, self.status)?;
        if self.words.is_empty() { Ok(()) } else { write!(f, ": {}", self.words) }
    }
}

/// The body of a good answer; all others are errors.
pub(crate) fn judge(
    asked: Asked,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Value, DatadogError> {
    let json = serde_json::from_slice::<Value>(body).ok();
    let errors = json.as_ref().map(errors).unwrap_or_default();
    let text = if errors.is_empty() { String::from_utf8_lossy(body).into() } else { errors.join("; ") };
    match json {
        Some(json) if status == asked.success && errors.is_empty() && asked.is_documented(&json) => Ok(json),
        _ => {
            let words = words(&text, &asked.keys);
            let answer = Answer { host: asked.host, status: status.as_u16(), words };
            let wait = asked_wait(headers, SystemTime::now());
            Err(DatadogError::from_answer(answer, asked.refused, !errors.is_empty(), wait))
        }
    }
}

impl Asked {
    /// All endpoints answer with an object, and call a list of errors by this name; but lists that take an
    /// application key are arrays.
    fn is_documented(&self, body: &Value) -> bool {
        match body {
            Value::Array(_) => self.refused == Key::Application,
            Value::Object(body) => body.get("errors").is_none_or(Value::is_array),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_answer_is_what_datadog_documents() {
        let judged = |status, body: &str| {
            let success = StatusCode::ACCEPTED;
            let asked = Asked { host: "host".into(), success, keys: vec![], refused: Key::Api };
            judge(asked, StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body.as_bytes())
        };
        for body in ["{}", r#"{"errors": []}"#, r#"{"errors": [], "more": 1}"#] {
            assert!(judged(202, body).is_ok(), "{body}");
            assert!(matches!(judged(200, body), Err(DatadogError::Unexpected(_))), "{body}");
        }
        for body in ["", "[]", "true", "<html>", r#"{"errors": "none"}"#, r#"{"errors": ["#] {
            assert!(matches!(judged(202, body), Err(DatadogError::Unexpected(_))), "{body}");
        }
    }
}
