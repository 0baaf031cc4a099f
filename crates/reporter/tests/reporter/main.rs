//! Tests of reporters with backends that fail in different ways. The clock is paused, so timeouts take no time.

mod backend;
mod choice;
mod events;
mod goals;
mod independence;
mod interruption;
mod partial_outage;
mod repeats;
mod runs;
mod selection;
mod self_metrics;
mod sources;
