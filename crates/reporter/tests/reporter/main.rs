//! Reporters with backends that fail in every way, on a clock that does not wait.

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
