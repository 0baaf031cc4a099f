//! Tests of the intake, in memory and as a server: Datadog's own clients can use the server, and web sites cannot.

mod clients;
mod dashboards;
mod dogstatsd;
mod failing_store;
mod history;
mod page;
mod queries;
mod running;
mod server;
