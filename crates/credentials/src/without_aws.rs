//! Replaces the module `aws` in a program that was built without the feature `aws`.

use secrecy::SecretString;
use system_health_registry::{ApiCalls, Context, Finding};

use crate::{CredentialError, Secret, SecretLocation, SecretName};

/// A replacement for AWS Secrets Manager that contains no secrets.
pub(crate) struct SecretsManager;

impl SecretsManager {
    pub(crate) fn new(_region: Option<String>, _calls: ApiCalls) -> Self {
        Self
    }

    #[expect(clippy::unused_async, reason = "the same signature as with AWS")]
    pub(crate) async fn fetch(
        &self,
        secret: &'static Secret,
        _name: &SecretName,
    ) -> Result<(SecretString, SecretLocation), CredentialError> {
        Err(CredentialError::BuiltWithoutAws(secret))
    }
}

/// Reports that AWS is not used.
pub async fn diagnose(_context: &Context) -> Vec<Finding> {
    vec![Finding::ok("AWS", "is not used: this program was built without the feature `aws`")]
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde::Deserialize;
    use system_health_registry::{
        Settings,
        settings::{SettingsBuilder, TableSpec},
        settings_table,
    };

    use crate::{Credentials, Secret, SecretName, stored};

    #[derive(Debug, Clone, Default, Deserialize)]
    #[serde(default)]
    struct PagerSettings {
        token_secret: Option<SecretName>,
    }

    settings_table!(PagerSettings, "pager");

    const TOKEN: Secret =
        Secret::new("pager token", &["PAGER_TOKEN"], stored!("pager/token", PagerSettings, token_secret));

    async fn error(settings: &str) -> (bool, String) {
        let no_variables: [(&str, &str); 0] = [];
        let names = Settings::builder().toml(Path::new("a.toml"), settings).unwrap().build().unwrap();
        let credentials = Credentials::builder().variables(no_variables).secret_names_from(names).build();
        let error = credentials.get(&TOKEN).await.unwrap_err();
        (error.is_absent(), error.to_string())
    }

    #[test]
    fn the_table_has_no_effect_so_a_new_file_leaves_it_out() {
        let file = Settings::builder().toml(Path::new("a.toml"), "[secrets]\naws = false\n");
        let templates = TableSpec::templates();

        assert!(file.and_then(SettingsBuilder::build).is_ok());
        assert!(!templates.contains_key("secrets") && templates.contains_key("pager"), "{templates:?}");
    }

    #[tokio::test]
    async fn a_secret_is_absent_unless_the_settings_name_it() {
        let (absent, text) = error("").await;
        assert!(absent);
        insta::assert_snapshot!(text, @"found no pager token: PAGER_TOKEN is not set, and this program was built without AWS Secrets Manager (the feature `aws`); set PAGER_TOKEN");

        let (absent, text) = error("[pager]\ntoken_secret = 'team/pager'\n").await;
        assert!(!absent);
        insta::assert_snapshot!(text, @"cannot get the pager token: `token_secret` in [pager] names the secret `team/pager`, but this program was built without AWS Secrets Manager (the feature `aws`); build it with this feature, or set PAGER_TOKEN");
    }
}
