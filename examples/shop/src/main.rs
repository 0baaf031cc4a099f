//! The shop's own `report`, with the built-in metrics and those of its modules.

mod backups;
mod figures;
mod logs;
mod pulls;
mod queues;
mod tickets;
mod webhook;

fn main() -> std::process::ExitCode {
    system_health_report_cli::main()
}
