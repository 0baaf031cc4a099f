//! The intake over HTTP and UDP.

mod body;
mod guard;
mod serve;

pub use serve::{Addresses, IntakeServer, ServeError};
