//! Reads every answer before the generated client does. That keeps no headers, drops the body of what
//! it cannot parse, and takes any status below 400 for success. Here an answer is good when it is
//! what Datadog documents, and is kept with its own words otherwise.

use std::fmt;

use futures::future::BoxFuture;
use http::{Extensions, HeaderValue, StatusCode};
use reqwest::{Method, Request, Response};
use reqwest_middleware::{Error, Next};
use serde_json::Value;

use crate::DatadogError;

/// Answers of the endpoints that we use are far shorter; a longer one is cut.
const MAX_LENGTH: usize = 64 * 1024;
/// How much of an answer goes into a message.
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

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} answered {}", self.host, self.status)?;
        if self.words.is_empty() { Ok(()) } else { write!(f, ": {}", self.words) }
    }
}

/// A middleware that lets good answers pass, and turns all others into a [`DatadogError`].
pub(crate) fn judge<'a>(
    request: Request,
    extensions: &'a mut Extensions,
    next: Next<'a>,
) -> BoxFuture<'a, Result<Response, Error>> {
    Box::pin(async move {
        let host = request.url().authority().to_owned();
        let key = request.headers().get("DD-API-KEY").cloned();
        let success = if request.method() == Method::POST { StatusCode::ACCEPTED } else { StatusCode::OK };
        let mut response = next.run(request, extensions).await?;
        let body = read(&mut response).await?;

        let status = response.status();
        let json = serde_json::from_slice::<Value>(&body).ok();
        let errors = json.as_ref().map(errors).unwrap_or_default();
        if status == success && errors.is_empty() && json.is_some_and(|body| body.is_object()) {
            return Ok(http::Response::builder()
                .status(status)
                .body(body)
                .map_err(Error::middleware)?
                .into());
        }
        let text = if errors.is_empty() { String::from_utf8_lossy(&body).into() } else { errors.join("; ") };
        let answer = Answer { host, status: status.as_u16(), words: words(&text, key.as_ref()) };
        Err(Error::middleware(DatadogError::from_answer(answer, !errors.is_empty(), response.headers())))
    })
}

async fn read(response: &mut Response) -> reqwest::Result<Vec<u8>> {
    let mut body = Vec::new();
    while body.len() < MAX_LENGTH
        && let Some(chunk) = response.chunk().await?
    {
        body.extend_from_slice(&chunk);
    }
    body.truncate(MAX_LENGTH);
    Ok(body)
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
fn words(text: &str, key: Option<&HeaderValue>) -> String {
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
    fn words_are_one_bounded_line_without_the_key() {
        let key = HeaderValue::from_static("0dd0c0ffee");
        assert_eq!(words("<html>\r\n\t<b>no\x1b[31m</b>", None), "<html> <b>no [31m</b>");
        assert_eq!(words("key 0dd0c0ffee is wrong", Some(&key)), "key [API key] is wrong");
        assert_eq!(words(&"ä".repeat(400), None), format!("{} …", "ä".repeat(300)));
    }
}
