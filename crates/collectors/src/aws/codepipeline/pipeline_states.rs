//! The states of all pipelines, as a resource that the metrics share.

use std::sync::Arc;

use aws_sdk_codepipeline::Client;
use futures::FutureExt;
use system_health_registry::{Context, FromContext, Unavailable};

use super::{pipeline_list::pipeline_names, pipeline_state::PipelineState};
use crate::aws::{
    AwsRegions, AwsSettings,
    inventory::{Entry, Inventory, read_each},
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
        let settings: AwsSettings = context.get().await?;
        // Boxed, because the types of the SDK's futures are nested deeply.
        let read = regions.read(|region| read(region, &settings).boxed());
        Ok(Self(Arc::new(read.await.into_iter().flatten().collect())))
    }
}

async fn read(region: AwsRegion, settings: &AwsSettings) -> Vec<Entry<PipelineState>> {
    let (client, region) = (&Client::new(&region.config()), &region);
    let names = pipeline_names(client, region, settings).await;
    let read = |name: String| async move { PipelineState::read(client, region, &name).await }.boxed();
    read_each(&region.name, "pipeline", names, read).await
}
