//! Every way in which a run can fail, against the real binary: under each, no false value is delivered,
//! nothing that was collected is lost while Datadog would still take it, the run ends, and the exit
//! status says what happened. `docs/reliability.md` shows the table.
#![cfg(unix)]

mod collectors;
mod corporate;
mod document;
mod network;
mod processes;
mod scenario;
mod services;
mod store;
