//! The table `[prometheus]`.

use std::{collections::BTreeMap, time::Duration};

use http::{HeaderName, HeaderValue};
use secrecy::ExposeSecret;
use serde::{Deserialize, Deserializer, de};
use system_health_credentials::{Credentials, Secret, SecretName, register_secret, stored};
use system_health_http::parse_service_url;
use system_health_registry::{
    Context, Settings, Unavailable,
    settings::{Origin, SecretSetting, SettingPath, SettingsError, SettingsTable as _},
    settings_table,
};
use url::Url;

use crate::{login::Login, textfile::EXTENSION};

/// The password of the Pushgateway's user.
const PASSWORD: Secret = Secret::new(
    "Pushgateway password",
    &["PUSHGATEWAY_PASSWORD"],
    stored!("prometheus/pushgateway-password", PrometheusSettings, password_secret),
);

register_secret!(PASSWORD);

/// Minimum of `delete_after`. With less, the values of a reporter would be deleted after a short interruption.
const MIN_DELETE_AFTER: Duration = Duration::from_hours(1);

/// The table `[prometheus]`: where values are written for Prometheus.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PrometheusSettings {
    /// The URL of a Pushgateway.
    #[serde(deserialize_with = "gateway_url")]
    pub(crate) pushgateway: Option<Url>,
    /// The user name for the Pushgateway.
    pub(crate) username: Option<String>,
    /// That user's password, if the environment has it.
    pub(crate) password: Option<SecretSetting>,
    /// The password's name in AWS Secrets Manager. Default: `prometheus/pushgateway-password`.
    pub(crate) password_secret: Option<SecretName>,
    /// A bearer token, instead of user name and password.
    #[serde(deserialize_with = "token")]
    pub(crate) token: Option<SecretSetting>,
    /// Delete the groups of reporters that have not pushed for this time. Default: never.
    #[serde(deserialize_with = "delete_after")]
    pub(crate) delete_after: Option<Duration>,
    /// The URL of a server that accepts remote writes.
    #[serde(deserialize_with = "remote_write_url")]
    pub(crate) remote_write: Option<Url>,
    /// The user name for remote writes.
    pub(crate) remote_write_username: Option<String>,
    /// That user's password.
    pub(crate) remote_write_password: Option<SecretSetting>,
    /// A bearer token for remote writes, instead of user name and password.
    #[serde(deserialize_with = "token")]
    pub(crate) remote_write_token: Option<SecretSetting>,
    /// Further headers of remote writes, such as `X-Scope-OrgID`. They must contain no secrets.
    #[serde(deserialize_with = "headers")]
    pub(crate) remote_write_headers: BTreeMap<String, String>,
    /// The file that the node exporter reads.
    #[serde(deserialize_with = "textfile")]
    pub(crate) textfile: Option<SettingPath>,
}

settings_table!(
    PrometheusSettings, "prometheus",
    env: {
        "pushgateway" => "PUSHGATEWAY_URL",
        "username" => "PUSHGATEWAY_USERNAME",
        "remote_write" => "PROMETHEUS_REMOTE_WRITE_URL",
        "remote_write_username" => "PROMETHEUS_REMOTE_WRITE_USERNAME",
        "textfile" => "PROMETHEUS_TEXTFILE",
    },
    secret: {
        "password" => "PUSHGATEWAY_PASSWORD",
        "token" => "PUSHGATEWAY_TOKEN",
        "remote_write_password" => "PROMETHEUS_REMOTE_WRITE_PASSWORD",
        "remote_write_token" => "PROMETHEUS_REMOTE_WRITE_TOKEN",
    },
    template: include_str!("settings.toml"),
    check: PrometheusSettings::check_keys,
);

/// A problem with a key that depends on other keys or on its origin.
#[derive(Debug, thiserror::Error)]
enum KeyProblem {
    #[error(
        "a secret does not belong in a settings file; set {variable} to the secret, or {file_variable} to the path of a \
         file that contains it"
    )]
    SecretInFile { variable: &'static str, file_variable: &'static str },
    #[error(
        "this is only for a Pushgateway, and there is no `pushgateway`; set `pushgateway`, or leave this out"
    )]
    WithoutGateway,
    #[error("there is no `username`; set `username`, or leave this out")]
    PasswordAlone,
    #[error("there is also a `username` or a `password`; keep these, or the token")]
    TwoLogins,
    #[error(
        "this is only for remote writes, and there is no `remote_write`; set `remote_write`, or leave this out"
    )]
    WithoutRemoteWrite,
    #[error("there is also a `remote_write_username` or a `remote_write_password`; keep these, or the token")]
    TwoRemoteLogins,
    #[error(
        "`remote_write_username` and PROMETHEUS_REMOTE_WRITE_PASSWORD belong together; set both, or neither"
    )]
    HalfRemoteLogin,
}

impl PrometheusSettings {
    /// The credentials for the Pushgateway. A password that is not in the environment is in AWS Secrets Manager.
    pub(crate) async fn login(&self, context: &Context) -> Result<Login, Unavailable> {
        Ok(match (&self.username, &self.password, &self.token) {
            (_, _, Some(token)) => Login::Bearer(token.clone()),
            (None, ..) => Login::None,
            (Some(username), Some(password), _) => {
                Login::Basic { username: username.clone(), password: password.clone() }
            }
            (Some(username), None, _) => {
                let credentials: Credentials = context.get().await?;
                let password = credentials.get(&PASSWORD).await?;
                let password = SecretSetting::from(password.expose_secret());
                Login::Basic { username: username.clone(), password }
            }
        })
    }

    /// The credentials for remote writes.
    pub(crate) fn remote_write_login(&self) -> Login {
        match (&self.remote_write_username, &self.remote_write_password, &self.remote_write_token) {
            (_, _, Some(token)) => Login::Bearer(token.clone()),
            (Some(username), Some(password), _) => {
                Login::Basic { username: username.clone(), password: password.clone() }
            }
            _ => Login::None,
        }
    }

    fn remote_write_problem(&self) -> Option<(&'static str, KeyProblem)> {
        let user = self.remote_write_username.is_some();
        let password = self.remote_write_password.is_some();
        let token = self.remote_write_token.is_some();
        let for_remote_write = [
            ("remote_write_username", user),
            ("remote_write_password", password),
            ("remote_write_token", token),
            ("remote_write_headers", !self.remote_write_headers.is_empty()),
        ];
        match for_remote_write.into_iter().find(|(_, is_set)| *is_set) {
            Some((key, _)) if self.remote_write.is_none() => Some((key, KeyProblem::WithoutRemoteWrite)),
            _ if token && (user || password) => Some(("remote_write_token", KeyProblem::TwoRemoteLogins)),
            Some((key, _)) if user != password => Some((key, KeyProblem::HalfRemoteLogin)),
            _ => None,
        }
    }

    /// Refuses settings that cannot work or have no effect.
    fn check_keys(&self, settings: &Settings) -> Result<(), SettingsError> {
        match self.problem(settings) {
            Some((key, problem)) => Err(settings.refuse::<Self>(key, problem)),
            None => Ok(()),
        }
    }

    fn problem(&self, settings: &Settings) -> Option<(&'static str, KeyProblem)> {
        for &(key, variable, file_variable) in Self::SECRET {
            if let Some(Origin::File { .. }) = settings.origin::<Self>(key) {
                return Some((key, KeyProblem::SecretInFile { variable, file_variable }));
            }
        }
        self.gateway_problem().or_else(|| self.remote_write_problem())
    }

    fn gateway_problem(&self) -> Option<(&'static str, KeyProblem)> {
        let (user, password, token) =
            (self.username.is_some(), self.password.is_some(), self.token.is_some());
        let for_gateway = [
            ("username", user),
            ("password", password),
            ("password_secret", self.password_secret.is_some()),
            ("token", token),
            ("delete_after", self.delete_after.is_some()),
        ];
        match for_gateway.into_iter().find(|(_, is_set)| *is_set) {
            Some((key, _)) if self.pushgateway.is_none() => Some((key, KeyProblem::WithoutGateway)),
            _ if token && (user || password) => Some(("token", KeyProblem::TwoLogins)),
            _ if password && !user => Some(("password", KeyProblem::PasswordAlone)),
            _ if self.password_secret.is_some() && !user => {
                Some(("password_secret", KeyProblem::PasswordAlone))
            }
            _ => None,
        }
    }
}

/// Deserializes the URL for remote writes.
fn remote_write_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Url>, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_service_url(&text).map(Some).map_err(|problem| {
        de::Error::custom(format!(
            "{problem}; write a URL such as \"http://prometheus.example.com:9090/api/v1/write\""
        ))
    })
}

/// Headers that each request has anyway.
const SET_BY_THE_CLIENT: [&str; 6] = [
    "content-encoding",
    "content-length",
    "content-type",
    "host",
    "user-agent",
    "x-prometheus-remote-write-version",
];

/// Deserializes headers. `Authorization` is refused, because its value is a secret, which would be in the settings file.
fn headers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    let headers = BTreeMap::<String, String>::deserialize(deserializer)?;
    for (name, value) in &headers {
        if HeaderName::try_from(name).is_err() {
            return Err(de::Error::custom(format!("`{name}` is not a valid name of a header")));
        }
        // The message does not repeat the value, which may be a secret.
        if HeaderValue::try_from(value).is_err() {
            return Err(de::Error::custom(format!(
                "the value of `{name}` contains a line break or another control character"
            )));
        }
        if SET_BY_THE_CLIENT.iter().any(|own| name.eq_ignore_ascii_case(own)) {
            return Err(de::Error::custom(format!("`{name}` is set by the client; leave it out")));
        }
        if name.eq_ignore_ascii_case("authorization") {
            return Err(de::Error::custom(
                "a secret does not belong in a settings file; set PROMETHEUS_REMOTE_WRITE_TOKEN instead of `Authorization`",
            ));
        }
    }
    Ok(headers)
}

/// Deserializes the URL of a Pushgateway.
fn gateway_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Url>, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_service_url(&text).map(Some).map_err(|problem| {
        de::Error::custom(format!("{problem}; write a URL such as \"http://pushgateway.example.com:9091\""))
    })
}

/// Deserializes a token. It must be valid in an HTTP header.
fn token<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretSetting>, D::Error> {
    let token = SecretSetting::deserialize(deserializer)?;
    // The message does not repeat the token.
    if token.expose().contains(char::is_control) {
        return Err(de::Error::custom("the token contains a line break or another control character"));
    }
    Ok(Some(token))
}

/// Deserializes a duration. It must not be too short.
fn delete_after<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let after = Duration::deserialize(deserializer)?;
    if after < MIN_DELETE_AFTER {
        return Err(de::Error::custom(
            "this is too short; write at least \"1h\", and more than the time between two runs of any reporter",
        ));
    }
    Ok(Some(after))
}

/// Deserializes the path of a file. Its extension must be the one that the node exporter expects.
fn textfile<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SettingPath>, D::Error> {
    let path = SettingPath::deserialize(deserializer)?;
    if path.extension().is_none_or(|extension| extension != EXTENSION) {
        return Err(de::Error::custom(
            "the node exporter reads only files whose names end in `.prom`; write a path such as \
             \"/var/lib/prometheus/node-exporter/health.prom\"",
        ));
    }
    Ok(Some(path))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The settings from a file and from environment variables. The text starts at the second line of the file.
    fn checked(text: &str, variables: &[(&str, &str)]) -> Result<PrometheusSettings, String> {
        let settings = Settings::builder().toml(Path::new("a.toml"), &format!("[prometheus]\n{text}"));
        let settings = settings.unwrap().environment_from(|name| {
            variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
        });
        let settings = settings.build().map_err(|error| format!("{error} {error:?}"))?;
        Ok(settings.table().unwrap())
    }

    #[test]
    fn a_url_keeps_host_port_and_path() {
        for (text, url) in [
            ("http://127.0.0.1:9091", "http://127.0.0.1:9091/"),
            (" https://Push.example.com/gateway/ ", "https://push.example.com/gateway/"),
        ] {
            let settings = checked(&format!("pushgateway = \"{text}\""), &[]).unwrap();
            assert_eq!(settings.pushgateway.unwrap().as_str(), url);
        }
    }

    #[test]
    fn an_error_says_where_an_invalid_setting_is_but_contains_no_secret() {
        let gateway = "pushgateway = 'http://gateway:9091'\n";
        let with_gateway = |more: &str| format!("{gateway}{more}");
        for (text, expected) in [
            (
                "pushgateway = 'gateway:9091'",
                "a.toml:2:1: `pushgateway` in [prometheus]: it does not start with http",
            ),
            (
                "pushgateway = 'gateway'",
                "a.toml:2:1: `pushgateway` in [prometheus]: it does not start with http",
            ),
            (
                "pushgateway = 'http://me:hunter22@gateway'",
                "a.toml:2:1: `pushgateway` in [prometheus]: it contains a user",
            ),
            (
                "pushgateway = 'http://gateway/?key=hunter22'",
                "a.toml:2:1: `pushgateway` in [prometheus]: it contains a query",
            ),
            (
                &with_gateway("password_secret = 'push'"),
                "a.toml:3:1: `password_secret` in [prometheus]: there is no `username`; set `username`, or leave this out",
            ),
            (
                &with_gateway("delete_after = '5m'"),
                "a.toml:3:1: `delete_after` in [prometheus]: this is too short; write at least \"1h\"",
            ),
            (
                "delete_after = '5h'",
                "a.toml:2:1: `delete_after` in [prometheus]: this is only for a Pushgateway, and there is no `pushgateway`",
            ),
            (
                "textfile = '/tmp/health.txt'",
                "a.toml:2:1: `textfile` in [prometheus]: the node exporter reads only",
            ),
            ("textfile = '/tmp/'", "a.toml:2:1: `textfile` in [prometheus]: the node exporter reads only"),
            (
                &with_gateway("username = 'me'\npassword = 'hunter22'"),
                "a.toml:4:1: `password` in [prometheus]: a secret does not belong in a settings file; set \
                 PUSHGATEWAY_PASSWORD to the secret, or PUSHGATEWAY_PASSWORD_FILE to the path",
            ),
            (
                "remote_write = 'prometheus:9090'",
                "a.toml:2:1: `remote_write` in [prometheus]: it does not start with http",
            ),
            (
                "remote_write_headers = { a = 'b' }",
                "a.toml:2:1: [prometheus.remote_write_headers]: this is only for remote writes",
            ),
            (
                "remote_write = 'http://a/api/v1/write'\nremote_write_headers = { 'a b' = 'hunter22' }",
                "a.toml:3:1: [prometheus.remote_write_headers]: `a b` is not a valid name of a header",
            ),
            (
                "remote_write = 'http://a/api/v1/write'\nremote_write_headers = { a = \"hunter22\\n\" }",
                "a.toml:3:1: [prometheus.remote_write_headers]: the value of `a` contains a line break or another control \
                 character",
            ),
            (
                "remote_write = 'http://a/api/v1/write'\nremote_write_headers = { Authorization = 'hunter22' }",
                "a.toml:3:1: [prometheus.remote_write_headers]: a secret does not belong in",
            ),
            (
                "remote_write = 'http://a/api/v1/write'\nremote_write_headers = { Content-Type = 'text/plain' }",
                "a.toml:3:1: [prometheus.remote_write_headers]: `Content-Type` is set by the client",
            ),
            (
                "remote_write = 'http://a/api/v1/write'\nremote_write_username = 'me'",
                "a.toml:3:1: `remote_write_username` in [prometheus]: `remote_write_username` and PROMETHEUS_REMOTE_WRITE_PASSWORD belong",
            ),
            (
                &with_gateway("token = 'hunter22'"),
                "a.toml:3:1: `token` in [prometheus]: a secret does not belong in",
            ),
        ] {
            let error = checked(text, &[]).unwrap_err();
            assert!(error.starts_with(expected) && !error.contains("hunter22"), "{text}: {error}");
        }
        assert!(checked("", &[]).is_ok());
    }

    #[test]
    fn invalid_variables_are_refused_with_their_name_but_without_secrets() {
        let (url, user) = (("PUSHGATEWAY_URL", "http://gateway:9091"), ("PUSHGATEWAY_USERNAME", "me"));
        let (password, token) = (("PUSHGATEWAY_PASSWORD", "hunter22"), ("PUSHGATEWAY_TOKEN", "hunter22"));
        let broken = ("PUSHGATEWAY_TOKEN", "hunter22\nhunter22");
        let remote = [
            ("PROMETHEUS_REMOTE_WRITE_URL", "http://prometheus:9090/api/v1/write"),
            ("PROMETHEUS_REMOTE_WRITE_USERNAME", "me"),
            ("PROMETHEUS_REMOTE_WRITE_TOKEN", "hunter22"),
        ];
        for (variables, variable, expected) in [
            (
                &[("PUSHGATEWAY_URL", "gateway")][..],
                "PUSHGATEWAY_URL",
                "`pushgateway` in [prometheus]: it does not",
            ),
            (
                &[("PROMETHEUS_TEXTFILE", "a.txt")],
                "PROMETHEUS_TEXTFILE",
                "`textfile` in [prometheus]: the node",
            ),
            (&[url, password], "PUSHGATEWAY_PASSWORD", "`password` in [prometheus]: there is no `username`"),
            (&[url, user, token], "PUSHGATEWAY_TOKEN", "`token` in [prometheus]: there is also a `username`"),
            (
                &[token],
                "PUSHGATEWAY_TOKEN",
                "`token` in [prometheus]: this is only for a Pushgateway, and there is no `pushgateway`",
            ),
            (&[url, broken], "PUSHGATEWAY_TOKEN", "`token` in [prometheus]: the token contains a line break"),
            (
                &remote,
                "PROMETHEUS_REMOTE_WRITE_TOKEN",
                "`remote_write_token` in [prometheus]: there is also a `remote_write_username`",
            ),
        ] {
            let error = checked("", variables).unwrap_err();
            let expected = format!("environment variable {variable}: {expected}");
            assert!(error.starts_with(&expected) && !error.contains("hunter22"), "{variables:?}: {error}");
        }
        assert!(checked("", &[url, user, password]).is_ok() && checked("", &[url, token]).is_ok());
    }

    #[tokio::test]
    async fn the_password_comes_from_the_environment_or_from_the_credentials() {
        let url = ("PUSHGATEWAY_URL", "http://gateway:9091");
        let user = ("PUSHGATEWAY_USERNAME", "me");
        let password = async |variables: &[(&str, &str)], stored: &[(&str, &str)]| {
            let context = Context::new().provide(Credentials::from_variables(stored.iter().copied()));
            match checked("", variables).unwrap().login(&context).await {
                Ok(Login::Basic { username, password }) => Ok(format!("{username}:{}", password.expose())),
                Ok(login) => Ok(format!("{login:?}")),
                Err(error) => Err(error.to_string()),
            }
        };
        let variable = ("PUSHGATEWAY_PASSWORD", "variable");

        assert_eq!(password(&[url, user, variable], &[]).await.unwrap(), "me:variable");
        assert_eq!(password(&[url, user], &[("PUSHGATEWAY_PASSWORD", "stored")]).await.unwrap(), "me:stored");
        assert_eq!(password(&[url], &[]).await.unwrap(), "None");
        let missing = password(&[url, user], &[]).await.unwrap_err();
        assert!(
            missing.starts_with("found no Pushgateway password: PUSHGATEWAY_PASSWORD is not set"),
            "{missing}"
        );
    }
}
