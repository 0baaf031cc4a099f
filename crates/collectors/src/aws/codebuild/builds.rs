//! The recent builds of the selected projects, as a resource that the metrics share.

use std::{sync::Arc, time::SystemTime};

use aws_sdk_codebuild::Client;
use futures::FutureExt;
use system_health_registry::{Context, FromContext, Unavailable, Windows};

use super::{build::Build, project_builds::builds_since, project_list::Projects};
use crate::aws::{
    AwsRegions, AwsSettings,
    inventory::{Entry, Inventory, read_each},
    name_list::RegionalNames,
    regions::AwsRegion,
};

/// The recent builds of the selected projects in all regions. They include each build that ended in the longest window of
/// the metrics `aws.codebuild.*`.
#[derive(Debug, Clone)]
pub struct CodeBuildBuilds(Arc<Inventory<Vec<Build>>>);

impl CodeBuildBuilds {
    pub(super) fn inventory(&self) -> &Inventory<Vec<Build>> {
        &self.0
    }
}

impl FromContext for CodeBuildBuilds {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let regions: AwsRegions = context.get().await?;
        let settings: AwsSettings = context.get().await?;
        let Projects(projects) = &context.get().await?;
        let windows: Windows = context.get().await?;
        let since = windows.longest(&["aws.codebuild.*"]).start();
        // Boxed, because the types of the SDK's futures are nested deeply.
        let entries = regions.read(|region| read_region(region, projects, since, &settings).boxed());
        Ok(Self(Arc::new(Inventory::new(entries.await.into_iter().flatten()))))
    }
}

async fn read_region(
    region: AwsRegion,
    projects: &RegionalNames,
    since: SystemTime,
    settings: &AwsSettings,
) -> Vec<Entry<Vec<Build>>> {
    let (client, region) = (&Client::new(&region.config()), &region);
    let read =
        |name: String| async move { builds_since(client, region, &name, since, settings).await }.boxed();
    read_each(&region.name, "project", projects.in_region(&region.name), read).await
}
