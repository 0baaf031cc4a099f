//! Doubles and tools for the tests of all crates: in-process fakes of GitHub and of the Datadog
//! intake, the real moto server, and the contracts that hold the fakes to the published API
//! descriptions.

mod aws;
pub mod chromium;
pub mod corporate;
pub mod datadog;
pub mod ddapm;
pub mod github;
pub mod mini_agent;
pub mod moto;
pub mod prometheus;
pub mod remote_write;
pub mod rotel;
pub mod scene;
pub mod server;
pub mod serving;
pub mod tools;
pub mod wire;
