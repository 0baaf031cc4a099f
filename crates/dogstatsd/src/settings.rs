//! The table `[dogstatsd]`.

use std::num::NonZeroU16;

use serde::{Deserialize, Deserializer, de};
use system_health_registry::{Settings, settings::Origin, settings_table};

use crate::{
    address::{Address, DEFAULT_PORT, parse_host},
    limits::{MAX_PACKET_SIZE, MIN_PACKET_SIZE},
};

/// The table `[dogstatsd]`: where the Agent is. Datadog's own clients read the same environment variables.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct DogStatsdSettings {
    /// The address of the Agent.
    address: Option<Address>,
    /// The Agent's host, if there is no address.
    #[serde(deserialize_with = "deserialize_host")]
    host: Option<String>,
    /// The Agent's port, if there is no address.
    port: Option<NonZeroU16>,
    /// Maximum size of a packet, in bytes.
    #[serde(deserialize_with = "deserialize_packet_size")]
    pub(crate) max_packet_size: Option<u16>,
    /// Whether the Agent is told in which container the reporter runs.
    pub(crate) origin_detection: bool,
}

settings_table!(
    DogStatsdSettings, "dogstatsd",
    env: {
        "address" => "DD_DOGSTATSD_URL",
        "host" => "DD_AGENT_HOST",
        "port" => "DD_DOGSTATSD_PORT",
        "origin_detection" => "DD_ORIGIN_DETECTION_ENABLED",
    },
    template: include_str!("settings.toml"),
);

impl Default for DogStatsdSettings {
    fn default() -> Self {
        Self { address: None, host: None, port: None, max_packet_size: None, origin_detection: true }
    }
}

impl DogStatsdSettings {
    /// The address, if one is set. A host or a port alone is completed with the default of Datadog's clients.
    pub(crate) fn address(&self) -> Option<Address> {
        let from_host_and_port = || match (&self.host, self.port) {
            (None, None) => None,
            (host, port) => {
                let host = host.as_deref().unwrap_or("127.0.0.1");
                Some(Address::Udp(host.to_owned(), port.map_or(DEFAULT_PORT, NonZeroU16::get)))
            }
        };
        self.address.clone().or_else(from_host_and_port)
    }

    /// Whether the settings file or a flag says where the Agent is. The environment variables do not count: Datadog's operator
    /// sets them in every pod. If they counted, points would be delivered twice: through the Agent and to Datadog itself.
    pub(crate) fn is_chosen(settings: &Settings) -> bool {
        ["address", "host", "port"].iter().any(|key| {
            settings.origin::<Self>(key).is_some_and(|origin| !matches!(origin, Origin::Environment(_)))
        })
    }
}

/// Deserializes a host, which has no scheme and no port.
fn deserialize_host<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let host = parse_host(&String::deserialize(deserializer)?);
    host.map(Some).ok_or_else(|| {
        de::Error::custom(
            "it is not a name or an IP address; write a URL in `address`, and the port of a host in `port`",
        )
    })
}

/// Deserializes the size of a packet. It must not be too small or too large.
fn deserialize_packet_size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u16>, D::Error> {
    let size = u16::deserialize(deserializer)?;
    if !(MIN_PACKET_SIZE..=MAX_PACKET_SIZE).contains(&size) {
        return Err(de::Error::custom(format!(
            "write a number of bytes from {MIN_PACKET_SIZE} to {MAX_PACKET_SIZE}"
        )));
    }
    Ok(Some(size))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn settings(text: &str, variables: &[(&str, &str)]) -> Result<Settings, String> {
        let settings = Settings::builder().toml(Path::new("a.toml"), &format!("[dogstatsd]\n{text}"));
        let settings = settings.unwrap().environment_from(|name| {
            variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
        });
        settings.build().map_err(|error| format!("{error} {error:?}"))
    }

    fn address(text: &str, variables: &[(&str, &str)]) -> Option<String> {
        let table: DogStatsdSettings = settings(text, variables).unwrap().table().unwrap();
        table.address().map(|address| address.to_string())
    }

    #[test]
    fn the_address_comes_from_the_file_or_from_the_variables_of_datadogs_clients() {
        let url = ("DD_DOGSTATSD_URL", "unix:///a");
        let (host, port) = (("DD_AGENT_HOST", "agent"), ("DD_DOGSTATSD_PORT", "9125"));
        let [ip, bracketed] = ["::1", "[::1]"].map(|ip| ("DD_AGENT_HOST", ip));
        for (text, variables, expected) in [
            ("", &[][..], None),
            ("address = 'udp://a:1'", &[], Some("udp://a:1")),
            ("", &[url, host], Some("unix:///a")),
            ("", &[host], Some("udp://agent:8125")),
            ("", &[port], Some("udp://127.0.0.1:9125")),
            ("", &[host, port], Some("udp://agent:9125")),
            ("", &[ip], Some("udp://[::1]:8125")),
            ("", &[bracketed], Some("udp://[::1]:8125")),
            ("host = '10.0.0.1'", &[], Some("udp://10.0.0.1:8125")),
        ] {
            assert_eq!(address(text, variables).as_deref(), expected, "{text} {variables:?}");
        }
    }

    #[test]
    fn environment_variables_do_not_choose_the_destination() {
        let chosen = |text, variables| DogStatsdSettings::is_chosen(&settings(text, variables).unwrap());

        assert!(chosen("address = 'udp://a:1'", &[]) && chosen("port = 1", &[]));
        assert!(!chosen("", &[("DD_DOGSTATSD_URL", "unix:///a"), ("DD_AGENT_HOST", "agent")]));
        assert!(!chosen("max_packet_size = 1000", &[("DD_AGENT_HOST", "agent")]));
    }

    #[test]
    fn an_error_says_where_an_invalid_setting_is() {
        for (text, expected) in [
            ("address = 'agent'", "a.toml:2:1: `address` in [dogstatsd]: it does not start with udp://"),
            ("host = 'udp://agent'", "a.toml:2:1: `host` in [dogstatsd]: it is not a name or an IP address"),
            ("host = 'agent:8125'", "a.toml:2:1: `host` in [dogstatsd]: it is not a name or an IP address"),
            ("host = '[agent]'", "a.toml:2:1: `host` in [dogstatsd]: it is not a name or an IP address"),
            ("host = ''", "a.toml:2:1: `host` in [dogstatsd]: it is not a name or an IP address"),
            ("port = 0", "a.toml:2:1: `port` in [dogstatsd]: "),
            (
                "max_packet_size = 100",
                "a.toml:2:1: `max_packet_size` in [dogstatsd]: write a number of bytes",
            ),
            (
                "max_packet_size = 65508",
                "a.toml:2:1: `max_packet_size` in [dogstatsd]: write a number of bytes",
            ),
        ] {
            let error = settings(text, &[]).unwrap_err();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
    }
}
