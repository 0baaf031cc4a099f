//! Runs the real binary under many faults. With each of them, no false value is delivered, every value that is not delivered
//! waits for the next run or is counted, the run ends, and the exit status says what happened. `docs/reliability.md` has a
//! table of the scenarios.
#![cfg(unix)]

mod agent;
mod cloudwatch;
mod collectors;
mod corporate;
mod destinations;
mod document;
mod exposition;
mod network;
mod outputs;
mod processes;
mod scenario;
mod services;
mod store;
