//! What a server answers, and the ways in which a test lets it fail.

use std::io;

use axum::{body::Body, response::Response};
use futures::stream;
use serde::Serialize;

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

/// What happens to a request instead of the usual answer.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Another answer: an error, or garbage.
    Answer(Answer),
    /// No answer, ever.
    Hang,
    /// The request is processed, but its answer never comes.
    HangAfterwards,
    /// The request is processed, and then the connection is closed without an answer.
    DisconnectAfterwards,
    /// The connection is closed without an answer.
    Disconnect,
}

/// The faults to come.
#[derive(Debug, Default)]
pub(super) struct Script(Vec<Scripted>);

#[derive(Debug)]
struct Scripted {
    request: String,
    times: usize,
    fault: Fault,
}

impl Answer {
    /// An answer with a JSON body.
    ///
    /// # Panics
    /// When the body is not JSON, such as a map whose keys are no strings.
    #[must_use]
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("a body that is JSON");
        Self { status, headers: vec![], body }.with_header("content-type", "application/json")
    }

    /// An answer with a body of another type, such as the page of a proxy in the way.
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

    pub(super) fn into_response(self) -> Response {
        let headers = self.headers.iter();
        headers
            .fold(Response::builder().status(self.status), |answer, (name, value)| answer.header(name, value))
            .body(self.body.into())
            .expect("an answer of valid headers")
    }
}

impl From<Answer> for Fault {
    fn from(answer: Answer) -> Self {
        Self::Answer(answer)
    }
}

impl Fault {
    /// A response that never gets on its way: its body fails before the first byte is flushed, so the
    /// connection is closed.
    pub(super) fn disconnect() -> Response {
        let failure = io::Error::other("scripted disconnect");
        Response::new(Body::from_stream(stream::iter([Err::<Vec<u8>, _>(failure)])))
    }
}

impl Script {
    pub(super) fn add(&mut self, request: &str, times: usize, fault: Fault) {
        self.0.push(Scripted { request: request.to_owned(), times, fault });
    }

    /// Takes the fault for a request with this first line, if there is one.
    pub(super) fn next(&mut self, line: &str) -> Option<Fault> {
        let scripted = self.0.iter_mut().find(|one| one.times > 0 && line.contains(&one.request))?;
        scripted.times = scripted.times.saturating_sub(1);
        Some(scripted.fault.clone())
    }
}
