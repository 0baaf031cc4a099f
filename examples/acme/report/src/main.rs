//! Acme's own `report`, with the built-in metrics and Acme's.

use acme_collectors as _; // keeps its registrations linked

fn main() -> std::process::ExitCode {
    system_health_report_cli::main()
}
