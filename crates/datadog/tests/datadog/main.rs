//! Tests of the crate against a fake Datadog and against broken servers. All tests are one binary, because each binary links
//! the generated client.

mod api;
mod catalogs;
mod combined;
mod contract;
mod dashboard;
mod deliver;
mod distributions;
mod event;
mod failures;
mod harness;
mod limits;
mod monitor;
mod retries;
