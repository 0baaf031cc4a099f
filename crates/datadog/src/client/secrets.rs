//! The two keys, and where they are looked up.

use system_health_credentials::{Secret, register_secret, stored};

use super::DatadogSettings;

/// The key for deliveries.
pub const API_KEY: Secret = Secret::new(
    "Datadog API key",
    &["DD_API_KEY"],
    stored!("datadog/api-key", DatadogSettings, api_key_secret),
);

/// The key that dashboards, monitors, metadata and queries need in addition to the API key. Deliveries do not need it.
pub const APP_KEY: Secret = Secret::new(
    "Datadog application key",
    &["DD_APP_KEY"],
    stored!("datadog/app-key", DatadogSettings, app_key_secret),
)
.optional();

register_secret!(API_KEY);
register_secret!(APP_KEY);

#[cfg(test)]
mod tests {
    use std::path::Path;

    use system_health_registry::Settings;

    use super::*;

    #[test]
    fn the_settings_name_each_key_separately() {
        let toml = "[datadog]\napi_key_secret = 'dd#api'\napp_key_secret = 'dd#app'\n";
        let settings = Settings::builder().toml(Path::new("a.toml"), toml).unwrap().build().unwrap();
        let name = |secret: &Secret| secret.stored().explicit_name(&settings).unwrap().unwrap().to_string();
        assert_eq!((name(&API_KEY), name(&APP_KEY)), ("dd#api".into(), "dd#app".into()));
    }
}
