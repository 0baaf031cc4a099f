//! The table `[traces]`. The environment variables are those of Datadog's clients and of OpenTelemetry's exporters. The service,
//! its environment and its version are those of `[report]`.

use std::{
    fmt,
    num::{NonZeroU16, NonZeroUsize},
};

use serde::{Deserialize, Deserializer, de};
use system_health_otlp_protocol::{EndpointUrl, deserialize_headers};
use system_health_registry::{
    Settings,
    settings::{Origin, SecretSetting, SettingsError, SettingsTable as _},
    settings_table,
};
use url::Url;

use crate::{
    datadog::{AgentAddress, AgentHost},
    sampling::{self, SampleRate},
};

/// The table `[traces]`: whether runs are traced, and where traces are sent.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct TracesSettings {
    /// Whether spans are collected and sent.
    #[serde(deserialize_with = "switch")]
    pub(crate) enabled: bool,
    /// The kind of backend.
    exporter: Option<ExporterKind>,
    /// The address of the Agent.
    agent_url: Option<AgentAddress>,
    /// The Agent's host, if `agent_url` is not set.
    host: Option<AgentHost>,
    /// The Agent's port, if `agent_url` is not set.
    port: Option<NonZeroU16>,
    /// The part of the traces that is kept.
    #[serde(deserialize_with = "sampling::deserialize")]
    pub(crate) sample_rate: Option<SampleRate>,
    /// Maximum number of spans of a run.
    pub(crate) max_spans: NonZeroUsize,
    /// The URL of a receiver.
    endpoint: Option<EndpointUrl>,
    /// The URL for traces. It takes precedence over `endpoint`.
    traces_endpoint: Option<EndpointUrl>,
    /// Headers of requests to a receiver.
    #[serde(deserialize_with = "deserialize_headers")]
    headers: Option<SecretSetting>,
    /// Headers that replace those of `headers`.
    #[serde(deserialize_with = "deserialize_headers")]
    traces_headers: Option<SecretSetting>,
}

/// The kind of backend that gets the traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ExporterKind {
    Datadog,
    Otlp,
}

/// Where traces are sent.
#[derive(Debug, Clone)]
pub(crate) enum Backend {
    Agent(AgentAddress),
    Receiver { url: Url, headers: Option<SecretSetting> },
}

settings_table!(
    TracesSettings, "traces",
    env: {
        "enabled" => "DD_TRACE_ENABLED",
        "agent_url" => "DD_TRACE_AGENT_URL",
        "host" => "DD_AGENT_HOST",
        "port" => "DD_TRACE_AGENT_PORT",
        "sample_rate" => "DD_TRACE_SAMPLE_RATE",
        "endpoint" => "OTEL_EXPORTER_OTLP_ENDPOINT",
        "traces_endpoint" => "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    },
    secret: {
        "headers" => "OTEL_EXPORTER_OTLP_HEADERS",
        "traces_headers" => "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
    },
    template: include_str!("settings.toml"),
    check: |table: &TracesSettings, settings: &Settings| table.check_together(settings),
);

/// Headers are in the settings file.
#[derive(Debug, thiserror::Error)]
#[error(
    "headers contain secrets, which do not belong in a settings file; set {variable} to the headers, or \
     {file_variable} to the path of a file that contains them"
)]
struct SecretInFile {
    variable: &'static str,
    file_variable: &'static str,
}

/// Traces are sent to a receiver whose URL is not set.
#[derive(Debug, thiserror::Error)]
#[error("there is no URL of an OTLP receiver; set `endpoint` in [traces], or OTEL_EXPORTER_OTLP_ENDPOINT")]
struct NoEndpoint;

impl Default for TracesSettings {
    fn default() -> Self {
        Self {
            enabled: false,
            exporter: None,
            agent_url: None,
            host: None,
            port: None,
            sample_rate: None,
            max_spans: const { NonZeroUsize::new(10_000).unwrap() },
            endpoint: None,
            traces_endpoint: None,
            headers: None,
            traces_headers: None,
        }
    }
}

impl TracesSettings {
    /// Where traces are sent.
    pub(crate) fn backend(&self) -> Backend {
        let agent = || match &self.agent_url {
            Some(address) => address.clone(),
            None => AgentAddress::from_parts(self.host.as_ref(), self.port.map(NonZeroU16::get)),
        };
        let names_agent = self.agent_url.is_some() || self.host.is_some() || self.port.is_some();
        match (self.exporter, self.receiver()) {
            (Some(ExporterKind::Datadog), _) | (_, None) => Backend::Agent(agent()),
            (None, Some(_)) if names_agent => Backend::Agent(agent()),
            (_, Some(receiver)) => receiver,
        }
    }

    fn receiver(&self) -> Option<Backend> {
        let url = match (&self.traces_endpoint, &self.endpoint) {
            (Some(endpoint), _) => endpoint.exact(),
            (None, endpoint) => endpoint.as_ref()?.for_signal("traces"),
        };
        let headers = self.traces_headers.as_ref().or(self.headers.as_ref()).cloned();
        Some(Backend::Receiver { url, headers })
    }

    fn check_together(&self, settings: &Settings) -> Result<(), SettingsError> {
        let in_file = |key| matches!(settings.origin::<Self>(key), Some(Origin::File { .. }));
        if let Some(&(key, variable, file_variable)) = Self::SECRET.iter().find(|(key, ..)| in_file(key)) {
            return Err(settings.refuse::<Self>(key, SecretInFile { variable, file_variable }));
        }
        if self.exporter == Some(ExporterKind::Otlp) && self.receiver().is_none() {
            return Err(settings.refuse::<Self>("exporter", NoEndpoint));
        }
        Ok(())
    }
}

/// Deserializes a boolean. The text of a variable may also be 1 or 0, as for Datadog's clients.
fn switch<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    struct Switch;

    impl de::Visitor<'_> for Switch {
        type Value = bool;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("true or false")
        }

        fn visit_bool<E: de::Error>(self, value: bool) -> Result<bool, E> {
            Ok(value)
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<bool, E> {
            match text.trim().to_ascii_lowercase().as_str() {
                "true" | "1" => Ok(true),
                "false" | "0" => Ok(false),
                _ => Err(E::custom("write true or false")),
            }
        }
    }

    deserializer.deserialize_any(Switch)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn read(text: &str, variables: &[(&str, &str)]) -> Result<TracesSettings, String> {
        let settings = Settings::builder().toml(Path::new("a.toml"), &format!("[traces]\n{text}"));
        let settings = settings.unwrap().environment_from(|name| {
            variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
        });
        let settings = settings.build().map_err(|error| format!("{error} {error:?}"))?;
        Ok(settings.table().unwrap())
    }

    fn backend(text: &str, variables: &[(&str, &str)]) -> String {
        match read(text, variables).unwrap().backend() {
            Backend::Agent(address) => address.to_string(),
            Backend::Receiver { url, .. } => url.to_string(),
        }
    }

    #[test]
    fn tracing_is_disabled_by_default_and_enabled_by_the_file_or_a_variable() {
        assert!(!read("", &[]).unwrap().enabled);
        assert!(read("enabled = true", &[]).unwrap().enabled);
        for (value, enabled) in [("true", true), ("1", true), ("False", false), ("0", false)] {
            assert_eq!(read("", &[("DD_TRACE_ENABLED", value)]).unwrap().enabled, enabled, "{value}");
        }
    }

    #[test]
    fn the_address_of_the_agent_comes_from_the_file_or_a_variable() {
        let url = ("DD_TRACE_AGENT_URL", "unix:///a");
        let (host, port) = (("DD_AGENT_HOST", "agent"), ("DD_TRACE_AGENT_PORT", "9126"));
        for (text, variables, expected) in [
            ("agent_url = 'http://a:1'", &[][..], "http://a:1"),
            ("", &[url, host, port], "unix:///a"),
            ("", &[host], "http://agent:8126"),
            ("host = '::1'", &[], "http://[::1]:8126"),
            ("host = '[::1]'", &[port], "http://[::1]:9126"),
            ("", &[port], "http://127.0.0.1:9126"),
            ("", &[host, port], "http://agent:9126"),
        ] {
            assert_eq!(backend(text, variables), expected, "{text} {variables:?}");
        }
    }

    #[test]
    fn a_receiver_gets_the_traces_if_no_agent_is_set_or_the_exporter_is_otlp() {
        let general = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318");
        let own = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://traces:4318/x");
        let host = ("DD_AGENT_HOST", "agent");
        assert_eq!(backend("", &[general]), "http://collector:4318/v1/traces");
        assert_eq!(backend("", &[general, own]), "http://traces:4318/x");
        assert_eq!(backend("", &[general, host]), "http://agent:8126");
        assert_eq!(backend("exporter = 'otlp'", &[general, host]), "http://collector:4318/v1/traces");
        assert_eq!(backend("exporter = 'datadog'\nport = 1", &[general]), "http://127.0.0.1:1");
    }

    #[test]
    fn an_error_says_where_an_invalid_setting_is_but_contains_no_secret() {
        for (text, variables, expected) in [
            ("enabled = 'yes'", &[][..], "a.toml:2:1: `enabled` in [traces]: write true or false"),
            (
                "agent_url = 'agent'",
                &[],
                "a.toml:2:1: `agent_url` in [traces]: it does not start with http://",
            ),
            ("host = 'agent:8126'", &[], "a.toml:2:1: `host` in [traces]: it is not a name or an IP address"),
            ("sample_rate = 2", &[], "a.toml:2:1: `sample_rate` in [traces]: write a number from 0"),
            ("max_spans = 0", &[], "a.toml:2:1: `max_spans` in [traces]: "),
            (
                "exporter = 'otlp'",
                &[],
                "a.toml:2:1: `exporter` in [traces]: there is no URL of an OTLP receiver",
            ),
            ("headers = 'a=hunter22'", &[], "a.toml:2:1: `headers` in [traces]: headers contain secrets"),
            (
                "endpoint = 'http://u:hunter22@a'",
                &[],
                "a.toml:2:1: `endpoint` in [traces]: it contains a user name",
            ),
        ] {
            let error = read(text, variables).unwrap_err();
            assert!(error.starts_with(expected) && !error.contains("hunter22"), "{text}: {error}");
        }
    }
}
