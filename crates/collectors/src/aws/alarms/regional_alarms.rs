//! The alarms of all regions, as a resource.

use std::sync::Arc;

use futures::FutureExt;
use system_health_registry::{Context, FromContext, Unavailable};

use super::{alarm::Alarm, alarm_list::selected_alarms};
use crate::aws::{
    AwsRegions, AwsSettings,
    inventory::{Entry, Inventory},
};

/// The selected alarms in all regions.
#[derive(Debug, Clone)]
pub struct CloudWatchAlarms(Arc<Inventory<Vec<Alarm>>>);

impl CloudWatchAlarms {
    pub(super) fn inventory(&self) -> &Inventory<Vec<Alarm>> {
        &self.0
    }
}

impl FromContext for CloudWatchAlarms {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let regions: AwsRegions = context.get().await?;
        let settings: &AwsSettings = &context.get().await?;
        let entries = regions.read(|region| {
            async move {
                let found = selected_alarms(&region, settings).await;
                Entry { region: region.name, name: None, content: found }
            }
            .boxed()
        });
        Ok(Self(Arc::new(Inventory::new(entries.await))))
    }
}
