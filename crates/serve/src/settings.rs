//! The settings table `[serve]`.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use serde::{Deserialize, Deserializer, de};
use system_health_credentials::SecretName;
use system_health_registry::{settings::deserialize_every, settings_table};

/// The default address. Only programs on the same machine reach it.
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8700);

/// The table `[serve]`: how often `report serve` runs, and where it listens.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct ServeSettings {
    /// The time between two runs, in whole seconds, at least 10.
    #[serde(deserialize_with = "deserialize_every")]
    pub(crate) every: Duration,
    /// The address of the HTTP server. Changes need a restart.
    #[serde(deserialize_with = "deserialize_address")]
    pub(crate) listen: SocketAddr,
    /// Maximum time for the delivery of a run after the signal to stop. That signal ends the collection at once. Changes need a
    /// restart.
    pub(crate) grace: Duration,
    /// The name or ARN, in AWS Secrets Manager, of the token that clients of the HTTP server need. If it is not set and a token is
    /// needed, the token is looked up under the default name.
    pub(crate) token_secret: Option<SecretName>,
}

settings_table!(
    ServeSettings, "serve",
    env: { "listen" => "SYSTEM_HEALTH_SERVE_LISTEN" },
    template: include_str!("settings.toml"),
    shown: |_| true,
);

impl Default for ServeSettings {
    fn default() -> Self {
        Self {
            every: Duration::from_mins(15),
            listen: DEFAULT_LISTEN,
            grace: Duration::from_secs(20),
            token_secret: None,
        }
    }
}

/// A text that is not an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an address is an IP address with a port, such as \"127.0.0.1:8700\" or \"0.0.0.0:8700\"")]
pub(crate) struct NotAnAddress;

/// Parses an address to listen on.
pub(crate) fn parse_address(text: &str) -> Result<SocketAddr, NotAnAddress> {
    text.parse().map_err(|_| NotAnAddress)
}

fn deserialize_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    parse_address(&String::deserialize(deserializer)?).map_err(de::Error::custom)
}

#[cfg(test)]
mod unit_tests {
    use std::path::Path;

    use system_health_registry::Settings;

    use super::*;

    fn settings(toml: &str) -> Result<ServeSettings, String> {
        let file = Path::new("a.toml");
        let settings = Settings::builder().toml(file, toml).map_err(|error| error.to_string())?;
        settings.build().and_then(|settings| settings.table()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_template_shows_the_defaults() {
        let uncommented: String = include_str!("settings.toml")
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|line| line.contains(" = ")).unwrap_or(line))
            .filter(|line| !line.starts_with("token_secret"))
            .flat_map(|line| [line, "\n"])
            .collect();
        let shown = settings(&uncommented).unwrap();
        let default = ServeSettings::default();

        assert_eq!((shown.every, shown.listen, shown.grace), (default.every, default.listen, default.grace));
    }

    #[test]
    fn mistakes_say_what_would_be_right() {
        for (toml, message) in [
            ("every = '5s'", "the time between two runs must be whole seconds, at least 10s; `5s` is not"),
            ("every = 5", "a text with a unit"),
            ("listen = 'localhost:8700'", "an address is an IP address with a port"),
            ("listen = ':8700'", "an address is an IP address with a port"),
            ("port = 8700", "port"),
        ] {
            let error = settings(&format!("[serve]\n{toml}\n")).unwrap_err();
            assert!(error.contains(message) && error.contains("a.toml"), "{toml}: {error}");
        }
    }
}
