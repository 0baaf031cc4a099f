//! `report intake`: a local stand-in for Datadog, for developing metrics without an account. `report --push --local` delivers to it.
//!
//! `use system_health_intake_command as _;` adds the command and the flag to a program that calls
//! `system_health_command::main()`.

mod arguments;
mod command;
mod local;
mod output;
