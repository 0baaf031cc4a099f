//! Paths in settings.

use std::{
    fmt,
    ops::Deref,
    path::{Path, PathBuf},
};

use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};

/// A path in a settings table.
///
/// A relative path in the settings file is relative to the folder of that file, so it does not depend on the current
/// folder. A relative path in an environment variable or a flag is relative to the current folder.
///
/// ```
/// use std::path::Path;
///
/// use serde::Deserialize;
/// use system_health_registry::{Settings, settings::SettingPath, settings_table};
///
/// #[derive(Debug, Clone, Default, Deserialize)]
/// #[serde(default)]
/// struct BrokerSettings {
///     certificate: Option<SettingPath>,
/// }
///
/// settings_table!(BrokerSettings, "broker");
///
/// # fn main() -> Result<(), system_health_registry::settings::SettingsError> {
/// let file = Path::new("/etc/acme/system-health.toml");
/// let settings = Settings::builder().toml(file, "[broker]\ncertificate = 'ca.pem'")?.build()?;
/// let broker: BrokerSettings = settings.table()?;
/// assert_eq!(broker.certificate, Some(SettingPath::from("/etc/acme/ca.pem")));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingPath(PathBuf);

impl SettingPath {
    /// The deserialiser of settings recognises a path by this name, and resolves it. Other deserialisers do not change the
    /// path.
    pub(super) const NAME: &str = "$system_health::SettingPath";
}

impl From<SettingPath> for PathBuf {
    fn from(path: SettingPath) -> Self {
        path.0
    }
}

impl From<PathBuf> for SettingPath {
    fn from(path: PathBuf) -> Self {
        Self(path)
    }
}

impl From<&str> for SettingPath {
    fn from(path: &str) -> Self {
        Self(path.into())
    }
}

impl Deref for SettingPath {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl AsRef<Path> for SettingPath {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl<'de> Deserialize<'de> for SettingPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(Self::NAME, PathVisitor)
    }
}

struct PathVisitor;

impl<'de> Visitor<'de> for PathVisitor {
    type Value = SettingPath;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path")
    }

    fn visit_str<E: Error>(self, path: &str) -> Result<SettingPath, E> {
        Ok(path.into())
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<SettingPath, D::Error> {
        deserializer.deserialize_str(self)
    }
}
