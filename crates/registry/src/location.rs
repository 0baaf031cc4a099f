//! Where a metric or a source was registered: a line of code, or whatever described it at run time.

use std::fmt;

/// The place that a metric comes from, for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location(Place);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Code { module: &'static str, file: &'static str, line: u32 },
    Described { by: String },
}

impl Location {
    /// A line of code; [`location!`](crate::location) is the line on which it stands.
    #[must_use]
    pub const fn code(module: &'static str, file: &'static str, line: u32) -> Self {
        Self(Place::Code { module, file, line })
    }

    /// What described a metric at run time, such as ``the source `warehouse` `` or a line of the settings file.
    #[must_use]
    pub fn described_by(by: impl Into<String>) -> Self {
        Self(Place::Described { by: by.into() })
    }

    /// The crate, as its name is written in code. `None` if the metric was described at run time.
    #[must_use]
    pub fn crate_name(&self) -> Option<&'static str> {
        match self.0 {
            Place::Code { module, .. } => Some(module.split("::").next().unwrap_or(module)),
            Place::Described { .. } => None,
        }
    }

    /// The file and the line, starting at 1, as the compiler was given them. `None` if the metric was described at
    /// run time.
    #[must_use]
    pub const fn line(&self) -> Option<(&'static str, u32)> {
        match self.0 {
            Place::Code { file, line, .. } => Some((file, line)),
            Place::Described { .. } => None,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Code { file, line, .. } => {
                write!(f, "{} ({file}:{line})", self.crate_name().unwrap_or_default())
            }
            Place::Described { by } => f.write_str(by),
        }
    }
}

/// The [`Location`] of the line on which this stands.
#[macro_export]
macro_rules! location {
    () => {
        $crate::Location::code(::core::module_path!(), ::core::file!(), ::core::line!())
    };
}
