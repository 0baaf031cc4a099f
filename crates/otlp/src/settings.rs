//! The table `[otlp]`. The environment variables are those of every OpenTelemetry exporter
//! (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>).

use secrecy::ExposeSecret;
use serde::{Deserialize, Deserializer, de};
use system_health_credentials::{Credentials, Secret, SecretName, register_secret, stored};
use system_health_otlp_protocol::{
    EndpointUrl, RequestHeaders, deserialize_headers, parse_attributes, parse_headers,
};
use system_health_registry::{
    Context, Settings, Unavailable,
    settings::{Origin, SecretSetting, SettingsError, SettingsTable as _},
    settings_table,
};
use url::Url;

use crate::{
    attributes::{ResourceAttributes, SERVICE_NAME},
    preference::TemporalityPreference,
};

/// The headers of every request.
const HEADERS: Secret = Secret::new(
    "OTLP headers",
    &["OTEL_EXPORTER_OTLP_METRICS_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"],
    stored!("otlp/headers", OtlpSettings, headers_secret),
);

register_secret!(HEADERS);

/// The table `[otlp]`: where values are delivered with OTLP.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct OtlpSettings {
    /// The URL of a receiver.
    pub(crate) endpoint: Option<EndpointUrl>,
    /// The URL for metrics. It takes precedence over `endpoint`.
    pub(crate) metrics_endpoint: Option<EndpointUrl>,
    /// Headers of every request, from the environment.
    #[serde(deserialize_with = "deserialize_headers")]
    pub(crate) headers: Option<SecretSetting>,
    /// Headers that replace those of `headers`.
    #[serde(deserialize_with = "deserialize_headers")]
    pub(crate) metrics_headers: Option<SecretSetting>,
    /// The name of the headers in AWS Secrets Manager. Without it, they are not looked up there.
    pub(crate) headers_secret: Option<SecretName>,
    /// Attributes of the resource.
    #[serde(deserialize_with = "resource_attributes")]
    pub(crate) resource_attributes: ResourceAttributes,
    /// The name of the service. It takes precedence over `resource_attributes`.
    pub(crate) service_name: Option<String>,
    /// The preferred temporality.
    pub(crate) temporality: TemporalityPreference,
}

settings_table!(
    OtlpSettings, "otlp",
    env: {
        "endpoint" => "OTEL_EXPORTER_OTLP_ENDPOINT",
        "metrics_endpoint" => "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
        "resource_attributes" => "OTEL_RESOURCE_ATTRIBUTES",
        "service_name" => "OTEL_SERVICE_NAME",
        "temporality" => "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
    },
    secret: {
        "headers" => "OTEL_EXPORTER_OTLP_HEADERS",
        "metrics_headers" => "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
    },
    template: include_str!("settings.toml"),
    check: |_, settings| OtlpSettings::refuse_secrets_in_files(settings),
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

impl OtlpSettings {
    /// The URL for metrics. `None` if no URL is set.
    pub(crate) fn url(&self) -> Option<Url> {
        match &self.metrics_endpoint {
            Some(endpoint) => Some(endpoint.exact()),
            None => self.endpoint.as_ref().map(|endpoint| endpoint.for_signal("metrics")),
        }
    }

    /// The attributes of every resource.
    pub(crate) fn resource(&self) -> ResourceAttributes {
        let mut attributes = self.resource_attributes.clone();
        if let Some(name) = &self.service_name {
            attributes.insert(SERVICE_NAME.to_owned(), name.clone());
        }
        attributes
    }

    /// The headers of every request, from the environment, or from AWS Secrets Manager if `headers_secret` is set.
    pub(crate) async fn request_headers(&self, context: &Context) -> Result<RequestHeaders, Unavailable> {
        if let Some(list) = self.metrics_headers.as_ref().or(self.headers.as_ref()) {
            return Ok(parse_headers(list.expose())?);
        }
        if self.headers_secret.is_none() {
            return Ok(vec![]);
        }
        let credentials: Credentials = context.get().await?;
        let list = credentials.get(&HEADERS).await?;
        Ok(parse_headers(list.expose_secret())?)
    }

    fn refuse_secrets_in_files(settings: &Settings) -> Result<(), SettingsError> {
        let in_file = |key| matches!(settings.origin::<Self>(key), Some(Origin::File { .. }));
        match Self::SECRET.iter().find(|(key, ..)| in_file(key)) {
            Some(&(key, variable, file_variable)) => {
                Err(settings.refuse::<Self>(key, SecretInFile { variable, file_variable }))
            }
            None => Ok(()),
        }
    }
}

/// Deserializes a list of attributes.
fn resource_attributes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ResourceAttributes, D::Error> {
    let list = String::deserialize(deserializer)?;
    Ok(parse_attributes(&list).map_err(de::Error::custom)?.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use system_health_registry::{Repeat, Temporality};

    use super::*;

    /// The settings from a file and from environment variables. The text starts at the second line of the file.
    fn read(text: &str, variables: &[(&str, &str)]) -> Result<OtlpSettings, String> {
        let settings = Settings::builder().toml(Path::new("a.toml"), &format!("[otlp]\n{text}"));
        let settings = settings.unwrap().environment_from(|name| {
            variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
        });
        let settings = settings.build().map_err(|error| format!("{error} {error:?}"))?;
        Ok(settings.table().unwrap())
    }

    fn url(text: &str, variables: &[(&str, &str)]) -> Option<String> {
        read(text, variables).unwrap().url().map(|url| url.to_string())
    }

    #[test]
    fn the_url_for_metrics_is_used_as_it_is() {
        let file = "endpoint = 'http://collector:4318'";
        assert_eq!(url("", &[]), None);
        assert_eq!(url(file, &[]).unwrap(), "http://collector:4318/v1/metrics");
        let general = ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://otlp.example.com/x");
        assert_eq!(url(file, &[general]).unwrap(), "https://otlp.example.com/x/v1/metrics");
        let for_metrics = ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "https://metrics.example.com");
        assert_eq!(url(file, &[general, for_metrics]).unwrap(), "https://metrics.example.com/");
    }

    #[test]
    fn the_variable_of_the_service_takes_precedence() {
        let attributes = ("OTEL_RESOURCE_ATTRIBUTES", "service.name=a,cloud.region=eu%2Dwest");
        let resource = |variables: &[_]| {
            let resource = read("", variables).unwrap().resource();
            resource.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(resource(&[attributes]), "cloud.region=eu-west service.name=a");
        assert_eq!(
            resource(&[attributes, ("OTEL_SERVICE_NAME", "b")]),
            "cloud.region=eu-west service.name=b"
        );
    }

    #[test]
    fn the_preference_decides_the_temporality_and_whether_counts_add_up() {
        let capabilities = |preference: &str| {
            let variable = ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", preference);
            let capabilities = read("", &[variable]).unwrap().temporality.capabilities();
            (capabilities.counter_temporality, capabilities.distribution_temporality, capabilities.counts)
        };
        let (cumulative, delta) = (Temporality::Cumulative, Temporality::Delta);
        assert_eq!(capabilities("CUMULATIVE"), (cumulative, cumulative, Repeat::Overwrites));
        assert_eq!(capabilities("delta"), (delta, delta, Repeat::AddsUp));
        assert_eq!(capabilities("LowMemory"), (cumulative, delta, Repeat::AddsUp));
        assert_eq!(read("", &[]).unwrap().temporality, TemporalityPreference::Cumulative);
    }

    #[tokio::test]
    async fn the_headers_for_metrics_replace_the_general_ones() {
        let general = ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=hunter22,a=b");
        let for_metrics = ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "Authorization=Bearer%20hunter33");
        let sent = async |text: &str, variables: &[_], stored: &[(&str, &str)]| {
            let context = Context::new().provide(Credentials::from_variables(stored.iter().copied()));
            let headers = read(text, variables).unwrap().request_headers(&context).await.unwrap();
            assert!(!format!("{headers:?}").contains("hunter"));
            let shown = |(name, value): &(http::HeaderName, http::HeaderValue)| {
                format!("{name}: {}", value.to_str().unwrap())
            };
            headers.iter().map(shown).collect::<Vec<_>>().join(", ")
        };

        assert_eq!(sent("", &[], &[general]).await, "");
        assert_eq!(sent("", &[general], &[]).await, "api-key: hunter22, a: b");
        assert_eq!(sent("", &[general, for_metrics], &[]).await, "authorization: Bearer hunter33");
        assert_eq!(sent("headers_secret = 'x'", &[], &[general]).await, "api-key: hunter22, a: b");
    }

    #[test]
    fn an_error_says_where_an_invalid_setting_is_but_contains_no_secret() {
        for (text, variables, expected) in [
            (
                "endpoint = 'collector:4318'",
                &[][..],
                "a.toml:2:1: `endpoint` in [otlp]: it does not start with",
            ),
            ("temporality = 'sum'", &[], "a.toml:2:1: `temporality` in [otlp]: write \"cumulative\""),
            ("headers = 'key=hunter22'", &[], "a.toml:2:1: `headers` in [otlp]: headers contain secrets"),
            (
                "",
                &[("OTEL_EXPORTER_OTLP_HEADERS", "hunter22")],
                "environment variable OTEL_EXPORTER_OTLP_HEADERS: `headers` in [otlp]: item 1 is not `name=value`",
            ),
            (
                "",
                &[("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "key=hunter22%0a")],
                "environment variable OTEL_EXPORTER_OTLP_METRICS_HEADERS: `metrics_headers` in [otlp]: the value of \
                 header 1",
            ),
            (
                "",
                &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://u:hunter22@collector")],
                "environment variable OTEL_EXPORTER_OTLP_ENDPOINT: `endpoint` in [otlp]: it contains a user name",
            ),
        ] {
            let error = read(text, variables).unwrap_err();
            assert!(
                error.starts_with(expected) && !error.contains("hunter22"),
                "{text} {variables:?}: {error}"
            );
        }
    }
}
