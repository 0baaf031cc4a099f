//! The declaration of a settings table. The declarations of all linked crates make it possible to check the whole file
//! before anything runs.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use super::{
    Settings, SettingsError,
    declared::check_declared_keys,
    key_types::{KeyType, key_type},
};
use crate::Location;

/// A table of the settings file. Implemented by [`settings_table!`](crate::settings_table).
pub trait SettingsTable: DeserializeOwned + Clone + Send + Sync + 'static {
    /// The table's name.
    const NAME: &'static str;
    /// Keys with the environment variables that override the settings file.
    const ENV: &'static [(&'static str, &'static str)];
    /// Keys with the environment variables that are used only if the settings file does not set the key. A CI
    /// system sets these variables in every job, so a person did not choose their values.
    const AMBIENT: &'static [(&'static str, &'static str)] = &[];
    /// Keys with secrets. Each has two environment variables: the first contains the secret, and the second, whose name
    /// ends with `_FILE`, contains the path of a file with the secret.
    const SECRET: &'static [(&'static str, &'static str, &'static str)] = &[];
    /// Pairs of keys of which only one may be set, such as `name` and `names`. If two layers set different keys of a pair, the key
    /// of the later layer replaces the other one. It is an error if one file sets both.
    const EXCLUSIVE: &'static [(&'static str, &'static str)] = &[];

    /// The table in a new settings file. Each key is commented out, as `# key = value`, with an example or its default,
    /// below a comment that explains it. Without a template, the file contains only the name of the table. An empty template
    /// leaves the table out.
    const TEMPLATE: Option<&'static str> = None;

    /// Whether `report doctor` may show the texts in this table. Default: it may not, because a text could be an
    /// undeclared secret, or a secret in the wrong place. Even then, it shows a [`SettingPath`](super::SettingPath), a
    /// [`Duration`](std::time::Duration) and the host of an address, unless they may be secrets. Values that are not texts, such
    /// as numbers and booleans, are shown, except for the values of keys in [`SECRET`](Self::SECRET), which are never shown.
    fn shows_text(&self) -> bool {
        false
    }

    /// Checks that the values of several keys fit together, including those of other tables.
    fn check(&self, settings: &Settings) -> Result<(), SettingsError> {
        let _ = settings;
        Ok(())
    }
}

/// The declaration of a linked table, in a form that does not depend on the table's type.
#[derive(Debug, Clone)]
pub struct TableSpec {
    pub(super) name: &'static str,
    /// Where it is declared.
    pub(super) location: Location,
    pub(super) env: &'static [(&'static str, &'static str)],
    pub(super) ambient: &'static [(&'static str, &'static str)],
    pub(super) secret: &'static [(&'static str, &'static str, &'static str)],
    pub(super) exclusive: &'static [(&'static str, &'static str)],
    pub(super) template: Option<&'static str>,
    pub(super) shows_text: fn(&Settings) -> bool,
    key_type: fn(&str) -> Option<KeyType>,
    pub(super) check: fn(&Settings) -> Result<(), SettingsError>,
}

inventory::collect!(TableSpec);

impl TableSpec {
    /// The table of a struct that is declared at a place in the code.
    ///
    /// # Panics
    /// Panics if the name is empty, or has other characters than letters, digits, `_` and `-`. Also panics if a template that is
    /// not empty has no header of this table, or has a header of another table. In
    /// [`settings_table!`](crate::settings_table), this is an error of the compiler.
    #[must_use]
    pub const fn new<T: SettingsTable>(location: Location) -> Self {
        assert!(
            is_bare(T::NAME),
            "the name of a settings table must have at least one character, and only ASCII letters, digits, `_` and `-`"
        );
        if let Some(template) = T::TEMPLATE {
            assert!(
                template.is_empty() || has_headers_of(template, T::NAME),
                "the template of a settings table must have the header `[name]` with the name of the table, and no header of \
                 another table"
            );
        }
        Self {
            name: T::NAME,
            location,
            env: T::ENV,
            ambient: T::AMBIENT,
            secret: T::SECRET,
            exclusive: T::EXCLUSIVE,
            template: T::TEMPLATE,
            key_type: key_type::<T>,
            shows_text: |settings| settings.table::<T>().is_ok_and(|table| table.shows_text()),
            check: |settings| {
                check_declared_keys::<T>()?;
                // Missing defaults are found even if the file sets all keys.
                Settings::default().table::<T>()?;
                settings.table::<T>()?.check(settings)
            },
        }
    }

    /// Whether the value of a key of a linked table is a [`SettingPath`](super::SettingPath) or a list of them.
    #[must_use]
    pub fn is_path(table: &str, key: &str) -> bool {
        Self::has_type(table, key, KeyType::Path)
    }

    /// Whether the value of a key of a linked table is a [`Duration`](std::time::Duration) or a list of them.
    #[must_use]
    pub fn is_duration(table: &str, key: &str) -> bool {
        Self::has_type(table, key, KeyType::Duration)
    }

    fn has_type(table: &str, key: &str, key_type: KeyType) -> bool {
        Self::linked().iter().any(|spec| spec.name == table && (spec.key_type)(key) == Some(key_type))
    }

    /// Whether a key of this table is declared as a secret.
    pub(super) fn is_secret(&self, key: &str) -> bool {
        self.secret.iter().any(|(secret, ..)| *secret == key)
    }

    /// The keys that cannot be set together with this one.
    pub(super) fn exclusive_with(&self, key: &str) -> impl Iterator<Item = &'static str> {
        self.exclusive.iter().filter_map(move |&(one, other)| match key {
            key if key == one => Some(other),
            key if key == other => Some(one),
            _ => None,
        })
    }

    /// The names of the linked tables of a new settings file, with their [templates](SettingsTable::TEMPLATE). The template of a
    /// table without one is empty.
    #[must_use]
    pub fn templates() -> BTreeMap<&'static str, &'static str> {
        let included = Self::linked().into_iter().filter(|spec| spec.template != Some(""));
        included.map(|spec| (spec.name, spec.template.unwrap_or_default())).collect()
    }

    /// The place of the declaration of a linked table.
    pub(super) fn location(table: &str) -> Option<Location> {
        Self::linked().into_iter().find(|spec| spec.name == table).map(|spec| spec.location.clone())
    }

    /// All tables of the program, sorted by name and place, because the order of the linker is arbitrary.
    pub(super) fn linked() -> Vec<&'static Self> {
        let mut specs: Vec<_> = inventory::iter::<Self>.into_iter().collect();
        specs.sort_by_key(|spec| (spec.name, spec.location.file_and_line()));
        specs
    }
}

/// Whether a name can be the name of a table without quotes. With a dot, it would be a table in another table.
const fn is_bare(name: &str) -> bool {
    let (bytes, mut position) = (name.as_bytes(), 0);
    while position < bytes.len() {
        if !(bytes[position].is_ascii_alphanumeric() || matches!(bytes[position], b'_' | b'-')) {
            return false;
        }
        position += 1;
    }
    !bytes.is_empty()
}

/// Whether a template has a header of this table, or of a table in it, and no header of another table. A header may be commented
/// out.
const fn has_headers_of(template: &str, name: &str) -> bool {
    let (text, mut start, mut has_header) = (template.as_bytes(), 0, false);
    while start < text.len() {
        let mut end = start;
        while end < text.len() && !matches!(text[end], b'\r' | b'\n') {
            end += 1;
        }
        let bracket = if starts_at(text, start, b"# ") { start + 2 } else { start };
        // A line of an array of texts may also start with a bracket, but then a quote follows.
        let is_header = starts_at(text, bracket, b"[") && text[end - 1] == b']' && text[bracket + 1] != b'"';
        if is_header {
            let after = bracket + 1 + name.len();
            if !starts_at(text, bracket + 1, name.as_bytes()) || !matches!(text[after], b']' | b'.') {
                return false;
            }
            has_header = true;
        }
        start = end + 1;
    }
    has_header
}

/// Whether a part of a text is at this position.
const fn starts_at(text: &[u8], position: usize, part: &[u8]) -> bool {
    let mut offset = 0;
    while offset < part.len() {
        if position + offset >= text.len() || text[position + offset] != part[offset] {
            return false;
        }
        offset += 1;
    }
    true
}

/// Declares a struct as a table of the settings file and makes it a resource.
///
/// The struct implements `Clone`, and `serde::Deserialize` with a default for every key: put `#[serde(default)]` on it.
/// Without the defaults, [`SettingsBuilder::build`](crate::settings::SettingsBuilder::build) fails.
///
/// After the name of the table, these options may follow, in this order:
///
/// - `env` lists the environment variables that override the settings file. In the variable of a list, the items are
///   separated by commas.
/// - `ambient` lists environment variables that are used only if the file does not set the key.
/// - `secret` lists keys of the type [`SecretSetting`](crate::settings::SecretSetting), each with an environment variable
///   that may contain the secret.
/// - `exclusive` lists pairs of keys of which only one may be set.
/// - `template` is the table in a new settings file, see
///   [`SettingsTable::TEMPLATE`](crate::settings::SettingsTable::TEMPLATE).
/// - `shown` is a function `fn(&Self) -> bool` that says whether `report doctor` may show the texts in this table.
///   Default: of the texts, it shows only paths, durations, and the hosts of addresses.
/// - `check` is a method `fn(&Self, &Settings) -> Result<(), SettingsError>`, see
///   [`SettingsTable::check`](crate::settings::SettingsTable::check).
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

            $(
                const TEMPLATE: ::core::option::Option<&'static str> =
                    ::core::option::Option::Some($template);
            )?

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
                    // With this type, the compiler reports a wrong signature at the function.
                    let check: fn(
                        &Self,
                        &$crate::Settings,
                    ) -> ::core::result::Result<(), $crate::settings::SettingsError> = $check;
                    check(self, settings)
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
    ($($unreadable:tt)*) => {
        $crate::__private::settings_table_mistake! { $($unreadable)* }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_table_needs_no_quotes() {
        assert!(is_bare("queue") && is_bare("aws-ci_2"));
        for name in ["", "a.b", "my table", "é"] {
            assert!(!is_bare(name), "{name}");
        }
    }

    #[test]
    fn a_template_has_only_headers_of_its_table() {
        for template in [
            "[queue]\n# name = \"mail\"\n",
            "# [queue]\r\n# names = [\r\n# [\"a\"]\r\n# ]\r\n",
            "# What is different.\n# [queue.\"a.b\"]\n# name = \"mail\"",
        ] {
            assert!(has_headers_of(template, "queue"), "{template}");
        }
        for template in [
            "# name = \"mail\"\n",
            "[queues]\n",
            "[que]\n",
            "[queue]\n\n# [backup]\n",
            "[",
            "[]",
            "[[queue]]",
        ] {
            assert!(!has_headers_of(template, "queue"), "{template}");
        }
    }
}
