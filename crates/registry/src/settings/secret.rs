//! Settings that must not be shown: tokens and passwords of collectors.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// A secret in a settings table, such as a token.
///
/// It is never shown, neither by `Debug` nor in an error nor by `report doctor`. List its key under `secret` in
/// [`settings_table!`](crate::settings_table), with an environment variable that may contain it.
///
/// ```
/// use serde::Deserialize;
/// use system_health_registry::{settings::SecretSetting, settings_table};
///
/// #[derive(Debug, Clone, Default, Deserialize)]
/// #[serde(default)]
/// struct PagerSettings {
///     token: Option<SecretSetting>,
/// }
///
/// // PAGER_TOKEN contains the token, or PAGER_TOKEN_FILE is the path of a file with the token.
/// settings_table!(PagerSettings, "pager", secret: { "token" => "PAGER_TOKEN" });
///
/// let token = SecretSetting::from("s3cret");
/// assert_eq!(token.expose(), "s3cret");
/// assert_eq!(format!("{token:?}"), "SecretSetting(..)");
/// ```
#[derive(Clone)]
pub struct SecretSetting(SecretString);

impl SecretSetting {
    /// The secret itself, for the request that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<&str> for SecretSetting {
    fn from(secret: &str) -> Self {
        Self(secret.into())
    }
}

impl fmt::Debug for SecretSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretSetting(..)")
    }
}

impl<'de> Deserialize<'de> for SecretSetting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SecretVisitor)
    }
}

/// Accepts a string, and refuses all other types with a message that does not contain the value.
struct SecretVisitor;

fn not_a_string<T, E: Error>() -> Result<T, E> {
    Err(E::custom("a secret must be a string in quotes"))
}

impl<'de> Visitor<'de> for SecretVisitor {
    type Value = SecretSetting;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<SecretSetting, E> {
        match text.trim() {
            "" => Err(E::custom("the secret is empty")),
            text => Ok(text.into()),
        }
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<SecretSetting, E> {
        not_a_string()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<SecretSetting, E> {
        not_a_string()
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<SecretSetting, E> {
        not_a_string()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<SecretSetting, E> {
        not_a_string()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<SecretSetting, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        not_a_string()
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<SecretSetting, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        not_a_string()
    }
}
