//! The selected names in each region, such as those of projects.

use std::{collections::BTreeMap, sync::Arc};

use futures::{FutureExt, future::BoxFuture};
use system_health_registry::{Context, Unavailable};

use super::{AwsError, AwsRegions, AwsSettings, regions::AwsRegion};

/// The selected names in a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NameList {
    /// Sorted.
    pub(super) names: Vec<String>,
    /// The number of requests for this list.
    pub(super) requests: usize,
}

/// The selected names in each region, or why they cannot be listed there.
#[derive(Debug, Clone)]
pub(super) struct RegionalNames(Arc<BTreeMap<String, Result<NameList, AwsError>>>);

impl RegionalNames {
    /// Lists the names of all regions.
    pub(super) async fn read(
        context: &Context,
        list: impl for<'a> Fn(&'a AwsRegion, &'a AwsSettings) -> BoxFuture<'a, Result<NameList, AwsError>> + Sync,
    ) -> Result<Self, Unavailable> {
        let regions: AwsRegions = context.get().await?;
        let (list, settings) = (&list, &context.get::<AwsSettings>().await?);
        let lists = regions.read(|region| async move { list(&region, settings).await }.boxed()).await;
        Ok(Self(Arc::new(regions.names().iter().cloned().zip(lists).collect())))
    }

    /// The names in a region.
    pub(super) fn in_region(&self, region: &str) -> Result<Vec<String>, AwsError> {
        self.0.get(region).map_or_else(|| Ok(Vec::new()), |list| Ok(list.clone()?.names))
    }

    /// The number of names, and the number of requests for their lists.
    pub(super) fn count(&self) -> (usize, usize) {
        let lists = self.0.values().filter_map(|list| list.as_ref().ok());
        // A list that failed took at least one request, too.
        let failed = self.0.values().filter(|list| list.is_err()).count();
        lists
            .fold((0, failed), |(names, requests), list| (names + list.names.len(), requests + list.requests))
    }
}
