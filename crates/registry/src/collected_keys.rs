//! The keys of the metrics that a run collects, as a resource.

use std::sync::Arc;

use crate::{Catalog, Context, FromContext, Unavailable};

/// The keys of the metrics that this run collects. Empty outside of a run of the engine.
#[derive(Debug, Clone, Default)]
pub(crate) struct CollectedKeys(Arc<[String]>);

impl CollectedKeys {
    pub(crate) fn new(catalog: &Catalog) -> Self {
        Self(catalog.metrics().iter().map(|metric| metric.key().to_owned()).collect())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl FromContext for CollectedKeys {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self::default())
    }
}
