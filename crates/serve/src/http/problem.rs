//! A response that says in one sentence why the request failed.

use std::fmt::Display;

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

/// An error of a request, as plain text.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    text: String,
}

impl Problem {
    pub(super) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self { status, text: text.into() }
    }

    /// Status 500: a bug in this program, or a failure of the system.
    pub(super) fn internal(error: &dyn Display) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let challenge =
            (self.status == StatusCode::UNAUTHORIZED).then_some([(header::WWW_AUTHENTICATE, "Bearer")]);
        let content_type = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
        let mut response = (self.status, content_type, self.text + "\n").into_response();
        if let Some(challenge) = challenge {
            let headers = challenge.map(|(name, value)| (name, header::HeaderValue::from_static(value)));
            response.headers_mut().extend(headers);
        }
        response
    }
}
