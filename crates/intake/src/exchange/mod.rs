//! Requests and answers, apart from the server that carries them.

mod answer;
mod request;

pub use answer::{Answer, error};
pub use request::{BodyError, Request};
