//! Where a metric or a source was registered: a line of code, or the source or setting that described it at run time.

use std::fmt;

/// Where a metric or a source was registered, for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location(Repr);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Repr {
    Code { module: &'static str, file: &'static str, line: u32 },
    Described { by: String },
}

impl Location {
    /// A line of code. Use [`location!`](crate::location) for the current line.
    #[must_use]
    pub const fn code(module: &'static str, file: &'static str, line: u32) -> Self {
        Self(Repr::Code { module, file, line })
    }

    /// What described the metric at run time, in words, such as ``the source `warehouse` ``.
    #[must_use]
    pub fn described_by(by: impl Into<String>) -> Self {
        Self(Repr::Described { by: by.into() })
    }

    /// The name of the crate, as in code. `None` if the metric was described at run time.
    #[must_use]
    pub fn crate_name(&self) -> Option<&'static str> {
        match self.0 {
            Repr::Code { module, .. } => Some(module.split("::").next().unwrap_or(module)),
            Repr::Described { .. } => None,
        }
    }

    /// The path of the file, as in `file!()`, and the line, starting at 1. `None` if the metric was described at run time.
    #[must_use]
    pub const fn file_and_line(&self) -> Option<(&'static str, u32)> {
        match self.0 {
            Repr::Code { file, line, .. } => Some((file, line)),
            Repr::Described { .. } => None,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Code { file, line, .. } => {
                write!(f, "{} ({file}:{line})", self.crate_name().unwrap_or_default())
            }
            Repr::Described { by } => f.write_str(by),
        }
    }
}

/// The [`Location`] of the line on which this macro is called.
#[macro_export]
macro_rules! location {
    () => {
        $crate::Location::code(::core::module_path!(), ::core::file!(), ::core::line!())
    };
}
