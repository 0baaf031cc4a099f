//! How a crate declares its table, and how the whole file can be checked before anything runs.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use super::{Settings, SettingsError};
use crate::Location;

/// A table of the settings file. Implemented by [`settings_table!`](crate::settings_table).
pub trait SettingsTable: DeserializeOwned + Clone + Send + Sync + 'static {
    /// The table's name.
    const NAME: &'static str;
    /// Keys with the environment variables that override the settings file.
    const ENV: &'static [(&'static str, &'static str)];
    /// Keys with the environment variables that count only if the settings file does not set the key. These are
    /// variables that a CI system sets in every job, so that nobody chose their values.
    const AMBIENT: &'static [(&'static str, &'static str)] = &[];
    /// Keys with secrets, and the environment variables that may hold them. With `_FILE` behind its name, a
    /// variable names a file with the secret instead.
    const SECRET: &'static [(&'static str, &'static str, &'static str)] = &[];
    /// Pairs of keys of which only one may be set, such as `name` and `names`. One that is set replaces the other of an
    /// earlier layer; both in one file are an error.
    const EXCLUSIVE: &'static [(&'static str, &'static str)] = &[];

    /// The table in a new settings file: each key as a comment, `# key = value`, with an example or its default, below a
    /// comment that explains it. Empty if only the name is to be there.
    const TEMPLATE: &'static str = "";

    /// Whether `report doctor` may show the texts in this table. By default it may not: a text could be a secret that is not
    /// declared as one, or that was set in the wrong place. Numbers, durations and the like are always shown, keys in
    /// [`SECRET`](Self::SECRET) never.
    fn shows_text(&self) -> bool {
        false
    }

    /// Checks what the types of the keys cannot: that keys fit together, or fit those of another table.
    fn check(&self, settings: &Settings) -> Result<(), SettingsError> {
        let _ = settings;
        Ok(())
    }
}

/// A linked table: what the settings need to know about it without its type.
#[derive(Debug, Clone)]
pub struct TableSpec {
    pub(super) name: &'static str,
    /// Where it is declared.
    pub(super) location: Location,
    pub(super) env: &'static [(&'static str, &'static str)],
    pub(super) ambient: &'static [(&'static str, &'static str)],
    pub(super) secret: &'static [(&'static str, &'static str, &'static str)],
    pub(super) exclusive: &'static [(&'static str, &'static str)],
    pub(super) template: &'static str,
    pub(super) shows_text: fn(&Settings) -> bool,
    pub(super) check: fn(&Settings) -> Result<(), SettingsError>,
}

inventory::collect!(TableSpec);

impl TableSpec {
    /// The facts of a table that is declared at a place in the code.
    #[must_use]
    pub const fn new<T: SettingsTable>(location: Location) -> Self {
        Self {
            name: T::NAME,
            location,
            env: T::ENV,
            ambient: T::AMBIENT,
            secret: T::SECRET,
            exclusive: T::EXCLUSIVE,
            template: T::TEMPLATE,
            shows_text: |settings| settings.table::<T>().is_ok_and(|table| table.shows_text()),
            check: |settings| {
                // A key without a default is found before a file happens to leave it out.
                Settings::default().table::<T>()?;
                settings.table::<T>()?.check(settings)
            },
        }
    }

    /// Whether a key of this table is declared a secret.
    pub(super) fn is_secret(&self, key: &str) -> bool {
        self.secret.iter().any(|(secret, ..)| *secret == key)
    }

    /// The keys that cannot be set beside this one.
    pub(super) fn exclusive_with(&self, key: &str) -> impl Iterator<Item = &'static str> {
        self.exclusive.iter().filter_map(move |&(one, other)| match key {
            key if key == one => Some(other),
            key if key == other => Some(one),
            _ => None,
        })
    }

    /// The names of all linked tables, with their [templates](SettingsTable::TEMPLATE).
    #[must_use]
    pub fn templates() -> BTreeMap<&'static str, &'static str> {
        Self::linked().into_iter().map(|spec| (spec.name, spec.template)).collect()
    }

    /// All tables of the program, sorted by name and place: the linker puts them into any order.
    pub(super) fn linked() -> Vec<&'static Self> {
        let mut specs: Vec<_> = inventory::iter::<Self>.into_iter().collect();
        specs.sort_by_key(|spec| (spec.name, spec.location.line()));
        specs
    }
}

/// Declares a struct as a table of the settings file and makes it a resource.
///
/// The struct implements `Clone`, and `serde::Deserialize` with a default for every key: put `#[serde(default)]` on it.
/// Without one, [`SettingsBuilder::build`](crate::settings::SettingsBuilder::build) fails.
///
/// - `env` lists the environment variables that override the settings file. The variable of a list has commas between
///   the items.
/// - `ambient` lists those that count only if the file does not set the key.
/// - `secret` lists keys that hold a [`SecretSetting`](crate::settings::SecretSetting), each with the variable that may
///   hold it.
/// - `exclusive` lists pairs of keys of which only one may be set.
/// - `template` is the table in a new settings file, see [`SettingsTable::TEMPLATE`](crate::settings::SettingsTable::TEMPLATE).
/// - `shown` is a function `fn(&Self) -> bool` that says whether `report doctor` may show the texts in this table.
///   Default: it may not.
/// - `check` is a method `fn(&Self, &Settings) -> Result<(), SettingsError>` for what the types of the keys cannot check.
///
/// See [`settings`](crate::settings) for an example. Paths have the type [`SettingPath`](crate::settings::SettingPath).
#[macro_export]
macro_rules! settings_table {
    (
        $table:ty, $name:literal
        $(, env: { $($key:literal => $variable:literal),+ $(,)? })?
        $(, ambient: { $($ambient_key:literal => $ambient_variable:literal),+ $(,)? })?
        $(, secret: { $($secret_key:literal => $secret_variable:literal),+ $(,)? })?
        $(, exclusive: { $($one_key:literal => $other_key:literal),+ $(,)? })?
        $(, template: $template:expr)?
        $(, shown: $shown:expr)?
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

            $(const TEMPLATE: &'static str = $template;)?

            $(
                fn shows_text(&self) -> bool {
                    let shown: fn(&Self) -> bool = $shown;
                    shown(self)
                }
            )?

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
            $crate::settings::TableSpec::new::<$table>($crate::location!())
        }
    };
}
