//! The recent builds of all projects, as a resource that all metrics share.

use std::{sync::Arc, time::SystemTime};

use aws_sdk_codebuild::Client;
use futures::{FutureExt, StreamExt, stream};
use system_health_registry::{Context, FromContext, Unavailable, Windows};

use super::{build::Build, project_builds::builds_since, project_list::project_names};
use crate::aws::{
    AwsRegions, AwsSettings,
    inventory::{Entry, Inventory},
    regions::AwsRegion,
};

/// Maximum number of projects of a region that are read concurrently.
const CONCURRENT_PROJECTS: usize = 4;

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
        let windows: Windows = context.get().await?;
        let since = windows.longest(&["aws.codebuild.*"]).start();
        // Boxed, because the types of the SDK's futures are nested deeply.
        let read = regions.read(|region| read(region, since, &settings).boxed());
        Ok(Self(Arc::new(read.await.into_iter().flatten().collect())))
    }
}

async fn read(region: AwsRegion, since: SystemTime, settings: &AwsSettings) -> Vec<Entry<Vec<Build>>> {
    let (client, region) = (&Client::new(&region.config()), &region);
    let names = match project_names(client, region, settings).await {
        Ok(names) => names,
        Err(error) => return vec![Entry { region: region.name.clone(), name: None, content: Err(error) }],
    };
    let entries = stream::iter(names).map(|name| async move {
        let content = builds_since(client, region, &name, since, settings).await;
        Entry { region: region.name.clone(), name: Some(("project", name)), content }
    });
    let entries: Vec<_> = entries.buffered(CONCURRENT_PROJECTS).collect().await;
    let is_deleted = |entry: &Entry<_>| entry.content.as_ref().is_err_and(|error| error.is_not_found());
    entries.into_iter().filter(|entry| !is_deleted(entry)).collect()
}
