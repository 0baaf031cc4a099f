//! The descriptions of metrics, for a sink whose backend shows them. A point has no description, because it is the same for
//! all points of a metric.

use std::{collections::BTreeMap, sync::Arc};

use crate::{Context, FromContext, Unavailable};

/// The descriptions of metrics by key, as a resource. Empty unless the program provides it.
///
/// ```
/// use system_health_registry::Descriptions;
///
/// let descriptions = Descriptions::from_iter([("deploys", "Deploys of the last hour.")]);
///
/// assert_eq!(descriptions.get("deploys"), Some("Deploys of the last hour."));
/// assert_eq!(descriptions.get("reverts"), None);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Descriptions(Arc<BTreeMap<String, String>>);

impl Descriptions {
    /// The description of the metric with this key, if it is known.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }
}

impl<K: Into<String>, D: Into<String>> FromIterator<(K, D)> for Descriptions {
    fn from_iter<I: IntoIterator<Item = (K, D)>>(descriptions: I) -> Self {
        let owned = descriptions.into_iter().map(|(key, description)| (key.into(), description.into()));
        Self(Arc::new(owned.collect()))
    }
}

impl FromContext for Descriptions {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self::default())
    }
}
