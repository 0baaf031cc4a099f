//! The descriptions of metrics, for a sink whose backend shows them. A point has no description, because all points of a
//! metric would have the same description.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use crate::{Context, FromContext, Unavailable};

/// The descriptions of metrics by key, as a resource. Empty unless the program provides it.
///
/// Clones share the descriptions. A sink is connected before the sources have described their metrics. When the sink
/// delivers, its clone contains these descriptions, too.
///
/// ```
/// use system_health_registry::Descriptions;
///
/// let descriptions = Descriptions::from_iter([("deploys", "Deploys of the last hour.")]);
///
/// assert_eq!(descriptions.get("deploys").as_deref(), Some("Deploys of the last hour."));
/// assert_eq!(descriptions.get("reverts"), None);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Descriptions(Arc<RwLock<BTreeMap<String, String>>>);

impl Descriptions {
    /// The description of the metric with this key, if it is known.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Adds descriptions. All clones share them.
    pub fn add<K: Into<String>, D: Into<String>>(&self, descriptions: impl IntoIterator<Item = (K, D)>) {
        let owned = descriptions.into_iter().map(|(key, description)| (key.into(), description.into()));
        self.0.write().unwrap_or_else(PoisonError::into_inner).extend(owned);
    }
}

impl<K: Into<String>, D: Into<String>> FromIterator<(K, D)> for Descriptions {
    fn from_iter<I: IntoIterator<Item = (K, D)>>(descriptions: I) -> Self {
        let collected = Self::default();
        collected.add(descriptions);
        collected
    }
}

impl FromContext for Descriptions {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self::default())
    }
}
