//! How a crate declares its table, and how the whole file can be checked before anything runs.

use std::{fmt, time::Duration};

use serde::{
    Deserializer,
    de::{self, DeserializeOwned, Visitor},
};

use super::{Settings, SettingsError, fields};

/// A table of the settings file. Implemented by [`settings_table!`](crate::settings_table).
pub trait SettingsTable: DeserializeOwned + Clone + Send + Sync + 'static {
    /// The table's name.
    const NAME: &'static str;
    /// Keys with the environment variables that override the settings file. Their values must be strings.
    const ENV: &'static [(&'static str, &'static str)];
    /// Keys with the environment variables that count only where the settings file says nothing. These are
    /// variables that a CI system sets in every job, so that nobody chose their values.
    const AMBIENT: &'static [(&'static str, &'static str)] = &[];
    /// Keys with secrets, and the environment variables that may hold them. With `_FILE` behind its name, a
    /// variable names a file with the secret instead.
    const SECRET: &'static [(&'static str, &'static str, &'static str)] = &[];
    /// Keys that say the same in two ways, such as `name` and `names`. One that is set replaces the other of an earlier
    /// layer; both in one file are an error.
    const EXCLUSIVE: &'static [(&'static str, &'static str)] = &[];

    /// Checks what the types of the keys cannot: that keys fit together, or fit those of another table.
    fn check(&self, settings: &Settings) -> Result<(), SettingsError> {
        let _ = settings;
        Ok(())
    }
}

/// A linked table: what the settings need to know about it without its type.
#[derive(Debug, Clone, Copy)]
pub struct TableSpec {
    pub(super) name: &'static str,
    pub(super) env: &'static [(&'static str, &'static str)],
    pub(super) ambient: &'static [(&'static str, &'static str)],
    pub(super) secret: &'static [(&'static str, &'static str, &'static str)],
    pub(super) exclusive: &'static [(&'static str, &'static str)],
    pub(super) fields: fn() -> Option<&'static [&'static str]>,
    pub(super) check: fn(&Settings) -> Result<(), SettingsError>,
}

inventory::collect!(TableSpec);

impl TableSpec {
    /// The facts of a table.
    #[must_use]
    pub const fn of<T: SettingsTable>() -> Self {
        Self {
            name: T::NAME,
            env: T::ENV,
            ambient: T::AMBIENT,
            secret: T::SECRET,
            exclusive: T::EXCLUSIVE,
            fields: fields::of::<T>,
            check: |settings| settings.table::<T>()?.check(settings),
        }
    }

    /// Whether a key of this table is declared a secret.
    pub(super) fn is_secret(&self, key: &str) -> bool {
        self.secret.iter().any(|(secret, ..)| *secret == key)
    }

    /// The keys that say the same as this one in another way.
    pub(super) fn exclusive_with(&self, key: &str) -> impl Iterator<Item = &'static str> {
        self.exclusive.iter().filter_map(move |&(one, other)| match key {
            key if key == one => Some(other),
            key if key == other => Some(one),
            _ => None,
        })
    }

    pub(super) fn linked() -> impl Iterator<Item = &'static Self> {
        inventory::iter::<Self>.into_iter()
    }
}

/// Reads a duration such as `30s` or `7d`, for `#[serde(deserialize_with = "...")]`.
pub fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    struct Text;

    impl Visitor<'_> for Text {
        type Value = Duration;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text with a unit, such as \"30s\" or \"7d\"")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Duration, E> {
            crate::parse_duration(text).map_err(E::custom)
        }
    }

    deserializer.deserialize_str(Text)
}

/// Declares a struct as a table of the settings file and makes it a resource.
///
/// The struct implements `serde::Deserialize` with a default for every key, and `Clone`.
/// `env` lists the environment variables that override the settings file, `ambient` those that count only
/// where the file says nothing.
/// `secret` lists keys that hold a [`SecretSetting`](crate::settings::SecretSetting), each with the variable
/// that may hold it. See [`settings`](crate::settings) for an example.
/// `exclusive` lists pairs of keys of which only one may be set, and `check` is a method
/// `fn(&Self, &Settings) -> Result<(), SettingsError>` for what the types of the keys cannot check.
#[macro_export]
macro_rules! settings_table {
    (
        $table:ty, $name:literal
        $(, env: { $($key:literal => $variable:literal),+ $(,)? })?
        $(, ambient: { $($ambient_key:literal => $ambient_variable:literal),+ $(,)? })?
        $(, secret: { $($secret_key:literal => $secret_variable:literal),+ $(,)? })?
        $(, exclusive: { $($one_key:literal => $other_key:literal),+ $(,)? })?
        $(, check: $check:expr)?
        $(,)?
    ) => {
        impl $crate::settings::SettingsTable for $table {
            const NAME: &'static str = $name;
            const ENV: &'static [(&'static str, &'static str)] = &[$($(($key, $variable)),+)?];
            const AMBIENT: &'static [(&'static str, &'static str)] =
                &[$($(($ambient_key, $ambient_variable)),+)?];
            const SECRET: &'static [(&'static str, &'static str, &'static str)] =
                &[$($(($secret_key, $secret_variable, ::core::concat!($secret_variable, "_FILE"))),+)?];
            const EXCLUSIVE: &'static [(&'static str, &'static str)] = &[$($(($one_key, $other_key)),+)?];

            $(
                fn check(
                    &self,
                    settings: &$crate::Settings,
                ) -> ::core::result::Result<(), $crate::settings::SettingsError> {
                    ($check)(self, settings)
                }
            )?
        }

        impl $crate::FromContext for $table {
            const SCOPE: $crate::Scope = $crate::Scope::Process;

            async fn from_context(
                context: &$crate::Context,
            ) -> ::core::result::Result<Self, $crate::Unavailable> {
                ::core::result::Result::Ok(context.get::<$crate::Settings>().await?.table::<Self>()?)
            }
        }

        $crate::__private::inventory::submit! {
            $crate::settings::TableSpec::of::<$table>()
        }
    };
}
