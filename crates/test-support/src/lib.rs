//! Test doubles and tools for the tests of all crates: fakes of GitHub and Datadog, real servers such as moto and Prometheus, and
//! checks of the fakes against the published API descriptions.

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
