//! The settings table `[datadog]`: the endpoint, and the names of the keys in AWS.

use serde::Deserialize;
use system_health_credentials::SecretName;
use system_health_registry::{Settings, settings::SettingsError, settings_table};

use super::{Endpoint, EndpointError, Site, SiteError};

/// The table `[datadog]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct DatadogSettings {
    /// The site, such as `datadoghq.eu`. Default: `datadoghq.com`.
    pub site: Option<String>,
    /// An endpoint that replaces the site's, such as a proxy or a test server.
    pub url: Option<String>,
    /// Whether the endpoint is a local intake, such as `report intake`. It needs no keys, so none are looked up or sent.
    pub local: bool,
    /// The API key's name in AWS Secrets Manager. Default: `datadog/api-key`.
    pub api_key_secret: Option<SecretName>,
    /// The application key's name in AWS Secrets Manager. Default: `datadog/app-key`.
    pub app_key_secret: Option<SecretName>,
}

settings_table!(
    DatadogSettings,
    "datadog",
    env: { "site" => "DD_SITE", "url" => "DD_URL" },
    template: include_str!("settings.toml"),
    shown: DatadogSettings::has_valid_endpoints,
    check: DatadogSettings::check_local,
);

/// Why the endpoint in the settings is not valid. The text is not quoted: it may be a key that was set in the wrong place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatadogSettingsError {
    /// The URL is not valid.
    #[error("`url` in [datadog], or DD_URL")]
    Url(#[source] EndpointError),
    /// The site does not exist.
    #[error("`site` in [datadog], or DD_SITE")]
    Site(#[source] SiteError),
}

impl DatadogSettings {
    /// The endpoint: the URL if it is set, otherwise the site.
    pub fn endpoint(&self) -> Result<Endpoint, DatadogSettingsError> {
        match &self.url {
            Some(url) => url.parse().map_err(DatadogSettingsError::Url),
            None => self.site().map(Endpoint::from),
        }
    }

    /// Whether both the URL and the site are valid, even if only one of them is used. An invalid one may be a key that was set
    /// in the wrong place, so it must not be shown.
    fn has_valid_endpoints(&self) -> bool {
        self.endpoint().is_ok() && self.site().is_ok()
    }

    /// Refuses `local` without a URL, because a site is not a local intake.
    fn check_local(&self, settings: &Settings) -> Result<(), SettingsError> {
        if self.local && self.url.is_none() {
            let message = "it needs `url`, such as \"http://127.0.0.1:8126\"";
            return Err(settings.refuse::<Self>("local", message));
        }
        Ok(())
    }

    /// The site, even if the URL replaces it.
    pub fn site(&self) -> Result<Site, DatadogSettingsError> {
        match &self.site {
            Some(site) => site.parse().map_err(DatadogSettingsError::Site),
            None => Ok(Site::default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    fn endpoint(site: Option<&str>, url: Option<&str>) -> Result<String, DatadogSettingsError> {
        let (site, url) = (site.map(str::to_owned), url.map(str::to_owned));
        let settings = DatadogSettings { site, url, ..DatadogSettings::default() };
        settings.endpoint().map(|endpoint| endpoint.to_string())
    }

    #[test]
    fn a_url_takes_precedence_over_the_site() {
        let to = |site: &str| Ok(Endpoint::from(site.parse::<Site>().unwrap()).to_string());
        assert_eq!(endpoint(None, None), to("datadoghq.com"));
        assert_eq!(endpoint(Some("datadoghq.eu"), None), to("datadoghq.eu"));
        assert_eq!(endpoint(Some("nowhere"), Some("http://127.0.0.1:1")), Ok("http://127.0.0.1:1".into()));
    }

    #[test]
    fn an_invalid_endpoint_is_refused_with_its_setting() {
        let url = endpoint(None, Some("127.0.0.1")).unwrap_err();
        assert_eq!(url.to_string(), "`url` in [datadog], or DD_URL");
        let site = endpoint(Some("us1"), None).unwrap_err();
        assert_eq!(site.to_string(), "`site` in [datadog], or DD_SITE");
        assert!(site.source().unwrap().to_string().contains("the sites are datadoghq.com"));
    }
}
