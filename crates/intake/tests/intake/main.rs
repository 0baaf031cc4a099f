//! The intake as a server: Datadog's own clients talk to it, and web sites cannot.

mod clients;
mod dashboards;
mod dogstatsd;
mod failing_store;
mod history;
mod page;
mod queries;
mod running;
mod server;
