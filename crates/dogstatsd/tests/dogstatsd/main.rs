//! Tests of the sink with sockets of the tests, and with Datadog's own parser.

mod delivery;
mod events;
mod harness;
mod previews;
mod real;
mod sockets;
