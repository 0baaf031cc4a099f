//! The arguments of `report serve`.

use std::{net::SocketAddr, time::Duration};

use clap::Parser;
use system_health_command::RunArguments;
use system_health_registry::parse_every;

/// Run again and again in one process: collect, deliver, and show the values over HTTP
///
/// Each run is the same as with `--push`. Runs start in slots, such as :00, :15, :30 and :45, in UTC. A slot that begins while a run
/// is in progress is skipped. SIGHUP reads the settings again. SIGTERM ends the current run, delivers what it has, and exits
/// with 0.
#[derive(Debug, Clone, Parser)]
#[command(name = "serve")]
pub(crate) struct ServeArguments {
    /// Time between two runs, in whole seconds, at least 10s [default: from the settings, or 15m]
    #[arg(long, value_name = "DURATION", value_parser = parse_every)]
    pub(crate) every: Option<Duration>,
    /// Address of the HTTP server. If it is not a loopback address, clients need a token, which comes from
    /// `SYSTEM_HEALTH_SERVE_TOKEN` or AWS Secrets Manager [default: from the settings, or 127.0.0.1:8700]
    #[arg(long, value_name = "ADDRESS", value_parser = crate::settings::parse_address)]
    pub(crate) listen: Option<SocketAddr>,
    /// Do not run, but ask the service at this address whether it is ready; exit with 1 if it is not
    #[arg(long)]
    pub(crate) check: bool,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}
