//! The declaration of a secret: its name in messages, and the places where it is looked up.

use std::{
    fmt,
    hash::{Hash, Hasher},
};

use system_health_registry::{Settings, settings::SettingsError};

use crate::{SecretName, environment::Environment};

/// A secret that a crate needs, declared as a constant. See the [crate's documentation](crate) for an example.
#[derive(Clone, Copy)]
pub struct Secret {
    name: &'static str,
    variables: &'static [&'static str],
    usual_variable: &'static str,
    stored: StoredName,
    prefixes: &'static [&'static str],
    is_optional: bool,
    allows_lines: bool,
}

/// A secret's name in AWS Secrets Manager: the default name, and the setting that overrides it. Made by
/// [`stored!`](crate::stored).
#[derive(Clone, Copy)]
pub struct StoredName {
    default: &'static str,
    table: &'static str,
    key: &'static str,
    read: fn(&Settings) -> Result<Option<SecretName>, SettingsError>,
}

inventory::collect!(Secret);

impl Secret {
    /// A secret with this name in messages, such as `Datadog API key`.
    ///
    /// It is looked up in these environment variables, in this order. Instead of a variable `TOKEN`, the variable `TOKEN_FILE`
    /// may contain the path of a file with the secret.
    ///
    /// # Panics
    /// Panics if there are no variables. In a constant, this is a compile error.
    #[must_use]
    pub const fn new(name: &'static str, variables: &'static [&'static str], stored: StoredName) -> Self {
        assert!(!variables.is_empty(), "a secret needs an environment variable that may hold it");
        Self {
            name,
            variables,
            usual_variable: variables[0],
            stored,
            prefixes: &[],
            is_optional: false,
            allows_lines: false,
        }
    }

    /// The variable that messages suggest. Default: the first.
    #[must_use]
    pub const fn with_usual_variable(mut self, variable: &'static str) -> Self {
        self.usual_variable = variable;
        self
    }

    /// The prefixes of this secret's values, such as `ghp_`. Settings refuse a text with such a prefix as the name of
    /// a secret in AWS, because it is the secret itself.
    #[must_use]
    pub const fn with_prefixes(mut self, prefixes: &'static [&'static str]) -> Self {
        self.prefixes = prefixes;
        self
    }

    /// Marks the secret as optional. A report is complete without it, so a diagnosis shows a warning instead of a failure.
    #[must_use]
    pub const fn optional(mut self) -> Self {
        self.is_optional = true;
        self
    }

    /// Allows line breaks and spaces in the value, for a key in PEM. Such a value must not be sent in a header.
    #[must_use]
    pub const fn allow_lines(mut self) -> Self {
        self.allows_lines = true;
        self
    }

    /// Whether the value may have several lines.
    pub(crate) const fn allows_lines(&self) -> bool {
        self.allows_lines
    }

    /// The name in messages.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The environment variables, in the order in which they are tried.
    #[must_use]
    pub const fn variables(&self) -> &'static [&'static str] {
        self.variables
    }

    /// The variable that messages suggest.
    #[must_use]
    pub const fn usual_variable(&self) -> &'static str {
        self.usual_variable
    }

    /// Whether one of the variables is set in the environment of this process. Its value may still be unusable.
    #[must_use]
    pub fn is_in_environment(&self) -> bool {
        Environment::Process.has(self)
    }

    /// Whether a report is complete without the secret.
    #[must_use]
    pub const fn is_optional(&self) -> bool {
        self.is_optional
    }

    /// The name in AWS Secrets Manager.
    #[must_use]
    pub const fn stored(&self) -> &StoredName {
        &self.stored
    }

    /// The secrets that linked crates have registered.
    pub(crate) fn linked() -> impl Iterator<Item = &'static Self> {
        inventory::iter::<Self>.into_iter()
    }

    /// Whether a text starts with a prefix of this secret's values.
    pub(crate) fn recognizes(&self, text: &str) -> bool {
        self.prefixes.iter().any(|prefix| text.starts_with(prefix))
    }
}

impl StoredName {
    /// For [`stored!`](crate::stored).
    #[doc(hidden)]
    #[must_use]
    pub const fn new(
        default: &'static str,
        table: &'static str,
        key: &'static str,
        read: fn(&Settings) -> Result<Option<SecretName>, SettingsError>,
    ) -> Self {
        assert!(is_valid_name(default), "AWS's names of secrets contain only letters, digits and /_+=.@-");
        Self { default, table, key, read }
    }

    /// The default name, which the settings can override. A secret with this name does not have to exist.
    #[must_use]
    pub fn default_name(&self) -> SecretName {
        SecretName::without_field(self.default)
    }

    /// The settings table that may override the name.
    #[must_use]
    pub const fn table(&self) -> &'static str {
        self.table
    }

    /// The key in this table.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        self.key
    }

    /// The name in the settings, if they override the default. A secret with this name must exist.
    pub fn explicit_name(&self, settings: &Settings) -> Result<Option<SecretName>, SettingsError> {
        (self.read)(settings)
    }
}

/// Whether AWS allows a name for a secret.
/// See <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html>.
const fn is_valid_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_alphanumeric()
            && !matches!(bytes[at], b'/' | b'_' | b'+' | b'=' | b'.' | b'@' | b'-')
        {
            return false;
        }
        at += 1;
    }
    !bytes.is_empty()
}

// `PartialEq` is not derived, because functions cannot be compared.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        (self.name, self.variables) == (other.name, other.variables)
    }
}

impl Eq for Secret {}

impl Hash for Secret {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.name, self.variables).hash(state);
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Secret").field(&self.name).finish()
    }
}

impl fmt::Debug for StoredName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoredName({:?} or `{}` in [{}])", self.default, self.key, self.table)
    }
}

/// A [`Secret`]'s name in AWS Secrets Manager: the default name, the settings table, and the field of this table
/// that may override the name. The field is an `Option<SecretName>`.
///
/// ```
/// # use system_health_credentials::{Secret, SecretName, stored};
/// # #[derive(Debug, Clone, Default, serde::Deserialize)]
/// # #[serde(default)]
/// # struct PagerSettings { token_secret: Option<SecretName> }
/// # system_health_registry::settings_table!(PagerSettings, "pager");
/// const TOKEN: Secret =
///     Secret::new("pager token", &["PAGER_TOKEN"], stored!("pager/token", PagerSettings, token_secret));
///
/// assert_eq!(TOKEN.stored().default_name().to_string(), "pager/token");
/// assert_eq!((TOKEN.stored().table(), TOKEN.stored().key()), ("pager", "token_secret"));
/// ```
#[macro_export]
macro_rules! stored {
    ($default:expr, $table:ty, $key:ident $(,)?) => {
        $crate::StoredName::new(
            $default,
            <$table as $crate::__private::SettingsTable>::NAME,
            ::core::stringify!($key),
            |settings| ::core::result::Result::Ok(settings.table::<$table>()?.$key),
        )
    };
}

/// Registers a [`Secret`], so that settings refuse its values where the name of a secret is expected.
#[macro_export]
macro_rules! register_secret {
    ($secret:expr $(,)?) => {
        $crate::__private::inventory::submit! { $secret }
    };
}
