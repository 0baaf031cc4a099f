//! Delivers points and events: the sink.

mod cut;
mod delivery;
mod destination;
mod distribution;
mod event;
mod json_size;
mod payload;
mod requests;
mod sink;
mod work;

pub use destination::DatadogDestination;
pub use event::event_payload;
pub use payload::payload;
pub use sink::DatadogSink;
