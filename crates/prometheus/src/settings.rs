//! The table `[prometheus]`.

use std::time::Duration;

use serde::Deserialize;
use system_health_registry::{
    settings::{SecretSetting, SettingPath, optional_duration},
    settings_table,
};
use url::Url;

use crate::{gateway::Login, textfile::EXTENSION};

/// Minimum of `delete_after`. With less, a reporter that runs rarely or restarts would lose its values.
const MIN_DELETE_AFTER: Duration = Duration::from_hours(1);

/// Where Prometheus finds the values.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PrometheusSettings {
    /// The URL of a Pushgateway.
    pub(crate) pushgateway: Option<String>,
    /// The user name for the Pushgateway.
    pub(crate) username: Option<String>,
    /// That user's password.
    pub(crate) password: Option<SecretSetting>,
    /// A bearer token, instead of user name and password.
    pub(crate) token: Option<SecretSetting>,
    /// Delete the groups of reporters that have not pushed for this time. Default: never.
    #[serde(deserialize_with = "optional_duration")]
    pub(crate) delete_after: Option<Duration>,
    /// The file that the node exporter reads.
    pub(crate) textfile: Option<SettingPath>,
}

settings_table!(
    PrometheusSettings, "prometheus",
    env: {
        "pushgateway" => "PUSHGATEWAY_URL",
        "username" => "PUSHGATEWAY_USERNAME",
        "textfile" => "PROMETHEUS_TEXTFILE",
    },
    secret: { "password" => "PUSHGATEWAY_PASSWORD", "token" => "PUSHGATEWAY_TOKEN" },
);

/// Why the settings are wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsProblem {
    #[error(
        "`pushgateway` in [prometheus], or PUSHGATEWAY_URL: {0}; write a URL such as \"http://pushgateway.example.com:9091\""
    )]
    Url(UrlProblem),
    #[error("[prometheus] has a `password` without a `username`; set both, or neither")]
    PasswordAlone,
    #[error("[prometheus] has a `username` without a `password`; set both, or neither")]
    UsernameAlone,
    #[error("[prometheus] has a `token` beside a `username` and `password`; set one or the other")]
    TwoLogins,
    #[error("[prometheus] has `{0}` without `pushgateway`, and only a Pushgateway needs it")]
    WithoutGateway(&'static str),
    #[error(
        "`delete_after` in [prometheus] is too short; write at least \"1h\", and more than the time between two runs of any reporter"
    )]
    DeleteAfter,
    #[error(
        "`textfile` in [prometheus], or PROMETHEUS_TEXTFILE: the node exporter reads only files whose names end in \
         `.prom`; write a path such as \"/var/lib/prometheus/node-exporter/health.prom\""
    )]
    Textfile,
}

/// What is wrong with a URL. The URL is not repeated: it could hold a password.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UrlProblem {
    #[error(transparent)]
    Unreadable(#[from] url::ParseError),
    #[error("it does not start with http:// or https://")]
    Scheme,
    #[error("it contains a user name or a password, which `username` and `password` are for")]
    Login,
    #[error("it contains a query or a fragment")]
    Query,
}

impl PrometheusSettings {
    /// The URL of the Pushgateway.
    pub(crate) fn gateway_url(&self) -> Result<Option<Url>, SettingsProblem> {
        let text = self.pushgateway.as_deref();
        text.map(|text| gateway_url(text.trim())).transpose().map_err(SettingsProblem::Url)
    }

    /// The credentials for the Pushgateway.
    pub(crate) fn login(&self) -> Result<Login, SettingsProblem> {
        match (&self.username, &self.password, &self.token) {
            (None, None, None) => Ok(Login::None),
            (Some(username), Some(password), None) => {
                Ok(Login::Basic { username: username.clone(), password: password.clone() })
            }
            (None, None, Some(token)) => Ok(Login::Bearer(token.clone())),
            (None, Some(_), None) => Err(SettingsProblem::PasswordAlone),
            (Some(_), None, None) => Err(SettingsProblem::UsernameAlone),
            (_, _, Some(_)) => Err(SettingsProblem::TwoLogins),
        }
    }

    /// Refuses settings that cannot work or have no effect.
    pub(crate) fn check(&self) -> Result<(), SettingsProblem> {
        let for_gateway = [
            ("username", self.username.is_some()),
            ("password", self.password.is_some()),
            ("token", self.token.is_some()),
            ("delete_after", self.delete_after.is_some()),
        ];
        if let (None, Some((key, _))) =
            (&self.pushgateway, for_gateway.into_iter().find(|(_, is_set)| *is_set))
        {
            return Err(SettingsProblem::WithoutGateway(key));
        }
        if self.delete_after.is_some_and(|after| after < MIN_DELETE_AFTER) {
            return Err(SettingsProblem::DeleteAfter);
        }
        match &self.textfile {
            Some(path) if path.extension().is_none_or(|extension| extension != EXTENSION) => {
                Err(SettingsProblem::Textfile)
            }
            _ => Ok(()),
        }
    }
}

fn gateway_url(text: &str) -> Result<Url, UrlProblem> {
    let url = match Url::parse(text) {
        Err(url::ParseError::RelativeUrlWithoutBase) => return Err(UrlProblem::Scheme),
        parsed => parsed?,
    };
    if !matches!(url.scheme(), "http" | "https") {
        return Err(UrlProblem::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlProblem::Login);
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(UrlProblem::Query);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use system_health_registry::Settings;

    use super::*;

    fn checked(text: &str) -> Result<PrometheusSettings, String> {
        let settings = Settings::builder().toml(Path::new("test.toml"), &format!("[prometheus]\n{text}"));
        let settings = settings.unwrap().build().unwrap().table::<PrometheusSettings>().unwrap();
        let check = || {
            settings.check()?;
            settings.gateway_url()?;
            settings.login().map(drop)
        };
        check().map_err(|error| error.to_string())?;
        Ok(settings)
    }

    #[test]
    fn a_url_keeps_host_port_and_path() {
        for (text, url) in [
            ("http://127.0.0.1:9091", "http://127.0.0.1:9091/"),
            (" https://Push.example.com/gateway/ ", "https://push.example.com/gateway/"),
        ] {
            let settings = checked(&format!("pushgateway = \"{text}\"")).unwrap();
            assert_eq!(settings.gateway_url().unwrap().unwrap().as_str(), url);
        }
    }

    #[test]
    fn wrong_settings_are_refused_without_telling_secrets() {
        let gateway = "pushgateway = \"http://gateway:9091\"\n";
        for (text, expected) in [
            ("pushgateway = \"gateway:9091\"", "it does not start with http:// or https://"),
            ("pushgateway = \"gateway\"", "it does not start with http:// or https://"),
            ("pushgateway = \"http://me:hunter22@gateway\"", "`username` and `password` are for"),
            ("pushgateway = \"http://gateway/?key=hunter22\"", "it contains a query"),
            (&format!("{gateway}password = \"hunter22\""), "`password` without a `username`"),
            (&format!("{gateway}username = \"me\""), "`username` without a `password`"),
            (&format!("{gateway}username = \"me\"\ntoken = \"hunter22\""), "set one or the other"),
            (&format!("{gateway}delete_after = \"5m\""), "at least \"1h\""),
            ("token = \"hunter22\"", "`token` without `pushgateway`"),
            ("textfile = \"/tmp/health.txt\"", "end in `.prom`"),
            ("textfile = \"/tmp/\"", "end in `.prom`"),
        ] {
            let error = checked(text).unwrap_err();
            assert!(error.contains(expected) && !error.contains("hunter22"), "{text}: {error}");
        }
        assert!(checked("").is_ok());
    }
}
