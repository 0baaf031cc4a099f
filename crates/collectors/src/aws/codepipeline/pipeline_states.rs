//! The states of the selected pipelines, as a resource that the metrics share.

use std::sync::Arc;

use aws_sdk_codepipeline::Client;
use futures::FutureExt;
use system_health_registry::{Context, FromContext, Unavailable};

use super::{pipeline_list::Pipelines, pipeline_state::PipelineState};
use crate::aws::{
    AwsRegions,
    inventory::{Entry, Inventory, read_each},
    name_list::RegionalNames,
    regions::AwsRegion,
};

/// The states of the selected pipelines in all regions.
#[derive(Debug, Clone)]
pub struct PipelineStates(Arc<Inventory<PipelineState>>);

impl PipelineStates {
    pub(super) fn inventory(&self) -> &Inventory<PipelineState> {
        &self.0
    }
}

impl FromContext for PipelineStates {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let regions: AwsRegions = context.get().await?;
        let Pipelines(pipelines) = &context.get().await?;
        // Boxed, because the types of the SDK's futures are nested deeply.
        let entries = regions.read(|region| read_region(region, pipelines).boxed());
        Ok(Self(Arc::new(Inventory::new(entries.await.into_iter().flatten()))))
    }
}

async fn read_region(region: AwsRegion, pipelines: &RegionalNames) -> Vec<Entry<PipelineState>> {
    let (client, region) = (&Client::new(&region.config()), &region);
    let read = |name: String| async move { PipelineState::read(client, region, &name).await }.boxed();
    read_each(&region.name, "pipeline", pipelines.in_region(&region.name), read).await
}
