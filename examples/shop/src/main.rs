//! The shop's own `report`: the built-in metrics and these.

mod backups;
mod figures;
mod logs;
mod pulls;
mod queues;
mod tickets;

fn main() -> std::process::ExitCode {
    system_health_report_cli::main()
}
