//! Requests and answers, without the server that receives and sends them.

mod answer;
mod request;

pub use answer::{Answer, error};
pub use request::{BodyError, Request};
