//! The sink against a fake intake, and against servers that are worse; one binary, because each links the
//! generated client.

mod api;
mod catalogs;
mod combined;
mod contract;
mod dashboard;
mod deliver;
mod event;
mod failures;
mod harness;
mod limits;
mod monitor;
mod retries;
