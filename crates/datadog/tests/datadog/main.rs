//! The sink against a fake intake, and against servers that are worse; one binary, because each links the
//! generated client.

mod contract;
mod dashboard;
mod deliver;
mod failures;
mod harness;
mod limits;
mod retries;
