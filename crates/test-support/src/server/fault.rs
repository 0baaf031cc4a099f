//! The ways in which a test makes a server fail.

use std::io;

use axum::{body::Body, response::Response};
use futures::stream;
use system_health_intake::Answer;

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

/// The faults that a test scripted.
#[derive(Debug, Default)]
pub(super) struct Script(Vec<Scripted>);

#[derive(Debug)]
struct Scripted {
    request: String,
    times: usize,
    fault: Fault,
}

impl From<Answer> for Fault {
    fn from(answer: Answer) -> Self {
        Self::Answer(answer)
    }
}

impl Fault {
    /// A response that is never sent: its body fails before the first byte is flushed, so the
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
        let scripted =
            self.0.iter_mut().find(|scripted| scripted.times > 0 && line.contains(&scripted.request))?;
        scripted.times = scripted.times.saturating_sub(1);
        Some(scripted.fault.clone())
    }
}
