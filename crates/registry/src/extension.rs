//! What a crate with collectors adds to a program that runs them, such as `report`: flags, the name of the reporter, checks, and
//! settings that it detects. The program knows none of these crates: each registers its extension.

use futures::{FutureExt, future::BoxFuture};
use toml::Value;

use crate::{Catalog, Context, Finding, Settings, SharedError};

/// What a crate with collectors adds to a program. Everything is optional. Register it with
/// [`register_extension!`](crate::register_extension).
pub trait Extension: Send + Sync + 'static {
    /// Flags of a run. Each sets a key in the settings.
    fn flags(&self) -> &'static [SettingFlag] {
        &[]
    }

    /// Flags of a run that take no value. If such a flag is given, its function returns the settings that are set.
    fn switches(&self) -> &'static [SettingSwitch] {
        &[]
    }

    /// Environment variables to list in the help of the program, each with its purpose.
    fn variables(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// What distinguishes the reports of one reporter from those of others. It must be the same in each run.
    fn name_parts<'a>(&'a self, context: &'a Context) -> BoxFuture<'a, NameParts> {
        let _ = context;
        async { NameParts::default() }.boxed()
    }

    /// Checks what the metrics of a catalog need, such as credentials and services. A check that no metric needs is left
    /// out.
    fn diagnose<'a>(&'a self, context: &'a Context, catalog: &'a Catalog) -> BoxFuture<'a, CheckResults> {
        let _ = (context, catalog);
        async { CheckResults::default() }.boxed()
    }

    /// Detects settings from the current folder. Makes no network requests and reads no secrets.
    fn detect(&self) -> BoxFuture<'_, DetectedSettings> {
        async { DetectedSettings::default() }.boxed()
    }
}

/// A flag that sets a key in the settings.
#[derive(Debug, Clone, Copy)]
pub struct SettingFlag {
    /// The flag, such as `--repo`.
    pub flag: &'static str,
    /// The placeholder of its value, such as `OWNER/NAME`.
    pub value_name: &'static str,
    /// The help.
    pub help: &'static str,
    /// The settings table.
    pub table: &'static str,
    /// The key.
    pub key: &'static str,
    /// The key for several values, if the flag takes several.
    pub list_key: Option<&'static str>,
}

/// A flag without a value.
#[derive(Debug, Clone, Copy)]
pub struct SettingSwitch {
    /// The flag, such as `--local`.
    pub flag: &'static str,
    /// The help.
    pub help: &'static str,
    /// Returns the settings that the flag sets. The argument has all other settings: those of the file, the environment
    /// and other flags.
    pub settings: fn(&Settings) -> Result<Vec<SettingAssignment>, SharedError>,
}

/// A key that a [`SettingSwitch`] sets.
#[derive(Debug, Clone, PartialEq)]
pub struct SettingAssignment {
    /// The settings table.
    pub table: &'static str,
    /// The key.
    pub key: &'static str,
    /// The value.
    pub value: Value,
}

impl SettingAssignment {
    /// A key with a value.
    #[must_use]
    pub fn new(table: &'static str, key: &'static str, value: impl Into<Value>) -> Self {
        Self { table, key, value: value.into() }
    }
}

/// What distinguishes a reporter from others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameParts {
    /// The subject of the reports, such as `acme/shop`. Default: the program.
    pub subject: Option<String>,
    /// Other properties that distinguish the reporter, such as `branch next`.
    pub selection: Vec<String>,
}

/// The result of the checks of an extension.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckResults {
    /// What was found.
    pub findings: Vec<Finding>,
    /// What to do next, the most important first.
    pub steps: Vec<SetupStep>,
}

/// Something to set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupStep {
    /// What to do.
    pub text: &'static str,
    /// This step corrects each finding whose message contains this text. The step that lists failed findings leaves those
    /// out.
    pub corrects: Option<&'static str>,
}

/// The settings that an extension has detected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DetectedSettings {
    /// The values of keys.
    pub values: Vec<DetectedValue>,
    /// Texts in the examples of a new settings file, each with the detected text that replaces it.
    pub examples: Vec<(&'static str, String)>,
    /// What to do next.
    pub steps: Vec<&'static str>,
}

/// A detected value of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetectedValue {
    /// The settings table.
    pub table: &'static str,
    /// The key.
    pub key: &'static str,
    /// The value.
    pub value: String,
    /// A comment that says where the value was found.
    pub comment: String,
}

/// The extensions that are linked into this program.
pub fn linked_extensions() -> impl Iterator<Item = &'static dyn Extension> {
    inventory::iter::<crate::__private::ExtensionRegistration>.into_iter().map(|registration| registration.0)
}

/// Registers an [`Extension`] when the program is linked. The expression must be constant.
#[macro_export]
macro_rules! register_extension {
    ($extension:expr) => {
        $crate::__private::inventory::submit! { $crate::__private::ExtensionRegistration(&$extension) }
    };
}
