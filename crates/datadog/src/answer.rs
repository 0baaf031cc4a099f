//! Reads every answer, instead of the generated client: that keeps no headers, drops the body of what it
//! cannot parse, and takes any status below 400 for success. Here an answer is good when it is what
//! Datadog documents, and is kept with its own words otherwise.

use std::{fmt, time::SystemTime};

use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::Value;

use crate::{DatadogError, asked_wait::asked_wait};

/// How much of an answer, or of a series, goes into a message.
const MAX_WORDS: usize = 300;

/// An answer that was no success, in the server's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The host that answered, with its port.
    pub host: String,
    /// The status.
    pub status: u16,
    /// One line of what the body said, without the API key.
    pub words: String,
}

/// What has to be known of a request to judge its answer.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The host, with its port.
    pub(crate) host: String,
    /// The status of a success.
    pub(crate) success: StatusCode,
    /// The API key that was sent.
    pub(crate) key: Option<HeaderValue>,
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
        Some(json) if status == asked.success && errors.is_empty() && is_documented(&json) => Ok(json),
        _ => {
            let words = words(&text, asked.key.as_ref());
            let answer = Answer { host: asked.host, status: status.as_u16(), words };
            let wait = asked_wait(headers, SystemTime::now());
            Err(DatadogError::from_answer(answer, !errors.is_empty(), wait))
        }
    }
}

/// Both endpoints answer with an object, and call a list of errors by this name.
fn is_documented(body: &Value) -> bool {
    body.as_object().is_some_and(|body| body.get("errors").is_none_or(Value::is_array))
}

/// Datadog's list of errors: of texts in older endpoints, of objects in newer ones.
fn errors(body: &Value) -> Vec<String> {
    let errors = body.get("errors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let text = |error: &Value| {
        let detail = error.get("detail").or_else(|| error.get("title"));
        error.as_str().or_else(|| detail?.as_str()).map_or_else(|| error.to_string(), str::to_owned)
    };
    errors.iter().map(text).collect()
}

/// A text in one bounded line without control characters, and without the key if a server repeats it.
pub(crate) fn words(text: &str, key: Option<&HeaderValue>) -> String {
    let text = match key.and_then(|key| key.to_str().ok()) {
        Some(key) => text.replace(key, "[API key]"),
        None => text.to_owned(),
    };
    let line = text.replace(char::is_control, " ").split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_WORDS) {
        Some((end, _)) => format!("{} …", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn errors_are_read_in_both_of_datadogs_forms() {
        assert_eq!(errors(&json!({"errors": ["Forbidden", "Really"]})), ["Forbidden", "Really"]);
        assert_eq!(
            errors(&json!({"errors": [{"title": "Bad", "detail": "No series"}, {"title": "Bad"}, 7]})),
            ["No series", "Bad", "7"]
        );
        assert_eq!(errors(&json!({"errors": []})), [""; 0]);
        assert_eq!(errors(&json!({"valid": true})), [""; 0]);
    }

    #[test]
    fn a_good_answer_is_what_datadog_documents() {
        let judged = |status, body: &str| {
            let asked = Asked { host: "host".into(), success: StatusCode::ACCEPTED, key: None };
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

    #[test]
    fn words_are_one_bounded_line_without_the_key() {
        let key = HeaderValue::from_static("0dd0c0ffee");
        assert_eq!(words("<html>\r\n\t<b>no\x1b[31m</b>", None), "<html> <b>no [31m</b>");
        assert_eq!(words("key 0dd0c0ffee is wrong", Some(&key)), "key [API key] is wrong");
        assert_eq!(words(&"ä".repeat(400), None), format!("{} …", "ä".repeat(300)));
    }
}
