//! The sink against a fake intake; one binary, because each links the generated client.

mod contract;
mod deliver;
mod failures;
mod harness;
