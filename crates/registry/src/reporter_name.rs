//! The name of the reporter, for a sink whose backend separates the values of several reporters.

use std::sync::Arc;

use crate::{Context, FromContext, Unavailable};

/// The reporter's name, as a resource. It is the same in each run. Empty unless the program provides it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReporterName(Option<Arc<str>>);

impl ReporterName {
    /// A name, such as `acme/shop`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(Some(name.into()))
    }

    /// The name, if there is one.
    #[must_use]
    pub fn get(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl FromContext for ReporterName {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self::default())
    }
}
