//! The names of the pipelines in each region, as a resource.

use aws_sdk_codepipeline::{Client, config};
use futures::FutureExt;
use system_health_registry::{Context, FromContext, Unavailable};

use crate::aws::{
    AwsError, AwsSettings,
    name_list::{NameList, RegionalNames},
    regions::AwsRegion,
    selected_names::SelectedNames,
};

/// The action that lists pipelines.
pub(super) const LIST_PIPELINES: &str = "codepipeline:ListPipelines";

/// The names of the selected pipelines in each region.
#[derive(Debug, Clone)]
pub(in crate::aws) struct Pipelines(pub(in crate::aws) RegionalNames);

impl FromContext for Pipelines {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let names = RegionalNames::read(context, |region, settings| pipeline_names(region, settings).boxed());
        Ok(Self(names.await?))
    }
}

async fn pipeline_names(region: &AwsRegion, settings: &AwsSettings) -> Result<NameList, AwsError> {
    let client = Client::new(&region.config());
    let mut names = SelectedNames::new("pipelines", &settings.pipelines, settings.max_names);
    let mut token = None;
    loop {
        let request = client.list_pipelines().set_next_token(token).customize();
        let override_config = config::Builder::new().interceptor(region.attempt_counter());
        let page =
            region.record_response(LIST_PIPELINES, request.config_override(override_config).send().await)?;
        names.add(page.pipelines().iter().filter_map(|pipeline| pipeline.name()))?;
        token = page.next_token;
        if token.is_none() {
            return Ok(names.into_list());
        }
    }
}
