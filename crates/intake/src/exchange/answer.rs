//! An answer to a request.

use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, besides those about the body's length.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// An answer with a JSON body.
    ///
    /// # Panics
    /// If the body is not JSON, such as a map whose keys are not strings.
    #[must_use]
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("a body that is JSON");
        Self { status, headers: vec![], body }.with_header("content-type", "application/json")
    }

    /// An answer with a body of another type, such as the page of a proxy.
    #[must_use]
    pub fn text(status: u16, content_type: &str, body: &str) -> Self {
        Self { status, headers: vec![], body: body.into() }.with_header("content-type", content_type)
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// Datadog's answer for an error: the status, and a list of one text.
#[must_use]
pub fn error(status: u16, text: &str) -> Answer {
    Answer::json(status, &json!({ "errors": [text] }))
}

impl IntoResponse for Answer {
    /// # Panics
    /// If the status or a header is not valid in HTTP.
    fn into_response(self) -> Response {
        let headers = self.headers.iter();
        headers
            .fold(Response::builder().status(self.status), |answer, (name, value)| answer.header(name, value))
            .body(self.body.into())
            .expect("an answer with valid headers")
    }
}
