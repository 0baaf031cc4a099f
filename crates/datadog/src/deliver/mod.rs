//! Delivers points and events: the sink.

mod cut;
mod delivery;
mod destination;
mod event;
mod payload;
mod requests;
mod sink;
mod work;

pub use destination::DatadogDestination;
pub use event::event_payload;
pub use payload::payload;
pub use sink::DatadogSink;
