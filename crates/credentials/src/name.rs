//! The name of a secret in AWS Secrets Manager, in the form that settings use. By default, the AWS console stores
//! key/value pairs as one JSON object. So a name may also select a field: `datadog#api_key`. Names and ARNs do not
//! contain `#`.

use std::{fmt, str::FromStr};

use serde::Deserialize;

use crate::Secret;

/// The name or ARN of a secret in AWS Secrets Manager, and a field if the secret is a JSON object.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct SecretName {
    id: String,
    field: Option<String>,
}

/// A text that is not the name of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected the name or ARN of a secret in AWS Secrets Manager, followed by `#field` for one field of a JSON object, and \
     not the secret itself; to turn AWS off, write `aws = false` in [secrets]"
)]
pub struct SecretNameError;

impl SecretName {
    /// A valid name without a field.
    pub(crate) fn without_field(name: &str) -> Self {
        Self { id: name.to_owned(), field: None }
    }

    /// The name or ARN.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The field of the JSON object that contains the value.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// The region that an ARN contains. `None` for a name that is not an ARN.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.id.strip_prefix("arn:")?.split(':').nth(2).filter(|region| !region.is_empty())
    }
}

impl FromStr for SecretName {
    type Err = SecretNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (id, field) = match text.trim().split_once('#') {
            Some((id, field)) => (id, Some(field)),
            None => (text.trim(), None),
        };
        let is_name = |part: &str| !part.is_empty() && !part.contains(char::is_whitespace);
        if !is_name(id) || field.is_some_and(str::is_empty) || is_secret(id) {
            return Err(SecretNameError);
        }
        Ok(Self { id: id.to_owned(), field: field.map(str::to_owned) })
    }
}

/// The minimum length of a hexadecimal key.
const MIN_KEY_LENGTH: usize = 32;

/// Whether a text is a secret instead of its name. Long hexadecimal numbers count as secrets, because many services use
/// them as keys. So do values with a prefix of a registered secret.
fn is_secret(text: &str) -> bool {
    let is_key = text.len() >= MIN_KEY_LENGTH && text.chars().all(|c| c.is_ascii_hexdigit());
    is_key || Secret::linked().any(|secret| secret.recognizes(text))
}

impl TryFrom<String> for SecretName {
    type Error = SecretNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)?;
        self.field.iter().try_for_each(|field| write!(f, "#{field}"))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use system_health_registry::settings_table;

    use super::*;
    use crate::{register_secret, stored};

    #[derive(Debug, Clone, Default, Deserialize)]
    #[serde(default)]
    struct PagerSettings {
        token_secret: Option<SecretName>,
    }

    settings_table!(PagerSettings, "name-test");
    register_secret!(
        Secret::new("pager token", &["PAGER_TOKEN"], stored!("pager", PagerSettings, token_secret))
            .with_prefixes(&["pgr_", "pager_pat_"])
    );

    #[test]
    fn a_name_may_select_a_field() {
        let name: SecretName = "datadog#api_key".parse().unwrap();
        assert_eq!((name.id(), name.field(), name.region()), ("datadog", Some("api_key"), None));
        assert_eq!(name.to_string(), "datadog#api_key");
    }

    #[test]
    fn an_arn_contains_its_region() {
        let arn = "arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:github-AbCdEf";
        let name: SecretName = arn.parse().unwrap();
        assert_eq!((name.id(), name.region()), (arn, Some("us-gov-west-1")));
    }

    #[test]
    fn texts_that_are_not_names_are_refused() {
        for text in ["", "  ", "#token", "github#", "github token"] {
            assert_eq!(text.parse::<SecretName>(), Err(SecretNameError), "{text:?}");
        }
    }

    #[test]
    fn a_secret_instead_of_its_name_is_refused() {
        let key = "0123456789abcdef0123456789abcdef";
        for text in ["pgr_0123456789", "pager_pat_1", key, &format!("{key}01234567")] {
            assert_eq!(text.parse::<SecretName>(), Err(SecretNameError), "{text:?}");
        }
        for text in ["pager", "team/pgr_1", "0123456789abcdef"] {
            assert_eq!(text.parse::<SecretName>().unwrap().id(), text);
        }
    }
}
