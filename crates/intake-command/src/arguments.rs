//! The arguments of `report intake`.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser};
use system_health_command::{SettingsArguments, StateFolderArguments};
use system_health_intake::AddressFile;

/// The port on which an Agent listens for `DogStatsD`.
const DOGSTATSD_PORT: u16 = 8125;

/// Run a local stand-in for Datadog, and explain what Datadog would refuse or change
///
/// It takes what Datadog's API and the Agent take, without any key: series, distributions, events, service checks, queries,
/// dashboards, monitors, metadata, DogStatsD over UDP, and traces. The flags `--push --local` deliver to it. It runs until it is
/// interrupted.
#[derive(Debug, Parser)]
#[command(name = "intake")]
pub(crate) struct IntakeArguments {
    /// Address for HTTP; the port 0 means a free port
    #[arg(long, value_name = "ADDRESS", default_value_t = AddressFile::DEFAULT_ADDRESS)]
    pub(crate) listen: SocketAddr,
    #[command(flatten)]
    dogstatsd: DogStatsdArguments,
    /// Accept requests with this name in the Host header, besides addresses and localhost; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_host: Vec<String>,
    /// File to store everything in, or `:memory:` [default: intake.db in the state folder]
    #[arg(long, value_name = "PATH")]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) folder: StateFolderArguments,
    #[command(flatten)]
    pub(crate) settings: SettingsArguments,
}

#[derive(Debug, Args)]
struct DogStatsdArguments {
    /// Address for DogStatsD over UDP [default: port 8125 of the host in --listen]
    #[arg(long, value_name = "ADDRESS")]
    dogstatsd: Option<SocketAddr>,
    /// Do not listen for DogStatsD
    #[arg(long, conflicts_with = "dogstatsd")]
    no_dogstatsd: bool,
}

impl IntakeArguments {
    /// The address for `DogStatsD`, if there is one.
    pub(crate) fn dogstatsd(&self) -> Option<SocketAddr> {
        let default = SocketAddr::new(self.listen.ip(), DOGSTATSD_PORT);
        (!self.dogstatsd.no_dogstatsd).then_some(self.dogstatsd.dogstatsd.unwrap_or(default))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_the_addresses_of_an_agent() {
        let read = |arguments: &[&str]| IntakeArguments::parse_from([&["intake"], arguments].concat());

        let default = read(&[]);
        assert_eq!(default.listen.to_string(), "127.0.0.1:8126");
        assert_eq!(default.dogstatsd().unwrap().to_string(), "127.0.0.1:8125");
        assert_eq!(read(&["--listen", "[::1]:0"]).dogstatsd().unwrap().to_string(), "[::1]:8125");
        assert_eq!(read(&["--no-dogstatsd"]).dogstatsd(), None);
        assert_eq!(read(&["--dogstatsd", "127.0.0.2:0"]).dogstatsd().unwrap().to_string(), "127.0.0.2:0");
    }
}
