//! Tests of the sink with a fake receiver, whose messages are OpenTelemetry's own types, and with Rotel, a real receiver.

mod data_model;
mod delivery;
mod diagnosis;
mod failures;
mod harness;
mod real;
