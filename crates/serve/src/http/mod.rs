//! The HTTP server: what it shows, who may read it, and how many requests it serves at once.

mod access;
mod app;
mod catalog;
mod health;
mod history;
mod json;
mod metrics;
mod part;
mod problem;
mod report;
mod router;
mod server;
mod trace;

pub(crate) use app::App;
pub(crate) use router::is_own_path;
pub(crate) use server::Server;
