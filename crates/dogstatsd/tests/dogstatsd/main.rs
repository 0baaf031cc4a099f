//! Tests of the sink against sockets that the tests open, and against Datadog's own parser.

mod delivery;
mod events;
mod harness;
mod previews;
mod real;
mod sockets;
