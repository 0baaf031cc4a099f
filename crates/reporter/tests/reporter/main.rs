//! Tests of reporters with backends in memory. In tests of timeouts, the clock is paused, so timeouts take no time.

mod backend;
mod counters;
mod destinations;
mod distributions;
mod events;
mod failing_store;
mod goals;
mod independence;
mod interruption;
mod partial_outage;
mod periodic;
mod repeats;
mod runs;
mod selection;
mod self_metrics;
mod sources;
mod traces;
