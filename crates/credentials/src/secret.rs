//! What a secret is: its name in messages, and the places where people put it.

use std::{
    fmt,
    hash::{Hash, Hasher},
};

use system_health_registry::{Settings, settings::SettingsError};

use crate::SecretName;

/// A secret that somebody needs, declared as a constant. See the [crate's documentation](crate) for an example.
#[derive(Clone, Copy)]
pub struct Secret {
    name: &'static str,
    variables: &'static [&'static str],
    usual_variable: &'static str,
    stored: Stored,
    prefixes: &'static [&'static str],
    is_optional: bool,
}

/// A secret's place in AWS Secrets Manager: a default name, and the setting that names another. Made by
/// [`stored!`](crate::stored).
#[derive(Clone, Copy)]
pub struct Stored {
    default: &'static str,
    table: &'static str,
    key: &'static str,
    read: fn(&Settings) -> Result<Option<SecretName>, SettingsError>,
}

inventory::collect!(Secret);

impl Secret {
    /// A secret of a name, such as `Datadog API key`, for messages.
    ///
    /// The environment variables may hold it, and are asked in this order. With `_FILE` behind its name, each may
    /// hold the path of a file with the secret instead.
    ///
    /// # Panics
    /// Without any variable; for a constant, that is an error of the compiler.
    #[must_use]
    pub const fn new(name: &'static str, variables: &'static [&'static str], stored: Stored) -> Self {
        assert!(!variables.is_empty(), "a secret needs an environment variable that may hold it");
        Self { name, variables, usual_variable: variables[0], stored, prefixes: &[], is_optional: false }
    }

    /// The variable that advice names: the one that most people know. Default: the first.
    #[must_use]
    pub const fn with_usual_variable(mut self, variable: &'static str) -> Self {
        self.usual_variable = variable;
        self
    }

    /// How values of this secret begin, such as `ghp_`. Settings refuse such a text as the name of a secret in AWS,
    /// because it is the secret itself.
    #[must_use]
    pub const fn with_prefixes(mut self, prefixes: &'static [&'static str]) -> Self {
        self.prefixes = prefixes;
        self
    }

    /// A report is complete without it, so for `report doctor` one that cannot be had is no failure.
    #[must_use]
    pub const fn optional(mut self) -> Self {
        self.is_optional = true;
        self
    }

    /// The name in messages.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The environment variables that may hold the secret, in the order in which they are asked.
    #[must_use]
    pub const fn variables(&self) -> &'static [&'static str] {
        self.variables
    }

    /// The variable that advice names.
    #[must_use]
    pub const fn usual_variable(&self) -> &'static str {
        self.usual_variable
    }

    /// Whether a report is complete without it.
    #[must_use]
    pub const fn is_optional(&self) -> bool {
        self.is_optional
    }

    /// Its place in AWS Secrets Manager.
    #[must_use]
    pub const fn stored(&self) -> &Stored {
        &self.stored
    }

    /// The secrets that linked crates have registered.
    pub(crate) fn linked() -> impl Iterator<Item = &'static Self> {
        inventory::iter::<Self>.into_iter()
    }

    /// Whether a text is a value of this secret.
    pub(crate) fn has_value(&self, text: &str) -> bool {
        self.prefixes.iter().any(|prefix| text.starts_with(prefix))
    }
}

impl Stored {
    /// For [`stored!`](crate::stored).
    #[doc(hidden)]
    #[must_use]
    pub const fn new(
        default: &'static str,
        table: &'static str,
        key: &'static str,
        read: fn(&Settings) -> Result<Option<SecretName>, SettingsError>,
    ) -> Self {
        assert!(is_name(default), "AWS's names of secrets contain only letters, digits and /_+=.@-");
        Self { default, table, key, read }
    }

    /// The name if the settings say nothing. AWS need not have such a secret.
    #[must_use]
    pub fn default_name(&self) -> SecretName {
        SecretName::plain(self.default)
    }

    /// The table of the settings that names another.
    #[must_use]
    pub const fn table(&self) -> &'static str {
        self.table
    }

    /// The key in that table.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        self.key
    }

    /// The name that the settings say. AWS must then have such a secret.
    pub fn explicit_name(&self, settings: &Settings) -> Result<Option<SecretName>, SettingsError> {
        (self.read)(settings)
    }
}

/// See <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html>.
const fn is_name(text: &str) -> bool {
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

// By hand, because functions cannot be compared.
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

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stored({:?} or `{}` in [{}])", self.default, self.key, self.table)
    }
}

/// A [`Secret`]'s place in AWS Secrets Manager: the default name, then the settings table and its field that may
/// name another. The field is an `Option<SecretName>`.
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
        $crate::Stored::new(
            $default,
            <$table as $crate::__private::SettingsTable>::NAME,
            ::core::stringify!($key),
            |settings| ::core::result::Result::Ok(settings.table::<$table>()?.$key),
        )
    };
}

/// Registers a [`Secret`], so that settings know its values when they see one in the wrong place.
#[macro_export]
macro_rules! register_secret {
    ($secret:expr $(,)?) => {
        $crate::__private::inventory::submit! { $secret }
    };
}
