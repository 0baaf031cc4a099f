//! The Embedded Metric Format: metrics as JSON documents in logs, from which CloudWatch Logs extracts them.

mod destination;
mod document;
mod sink;

pub(crate) use destination::EmfDestination;
