//! The `report` command with the built-in collectors.

fn main() -> std::process::ExitCode {
    system_health_report_cli::main()
}
