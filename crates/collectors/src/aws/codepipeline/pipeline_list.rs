//! The names of the pipelines in a region.

use aws_sdk_codepipeline::{Client, config};

use crate::aws::{AwsError, AwsSettings, regions::AwsRegion, selected_names::SelectedNames};

/// The names of the selected pipelines, sorted.
pub(super) async fn pipeline_names(
    client: &Client,
    region: &AwsRegion,
    settings: &AwsSettings,
) -> Result<Vec<String>, AwsError> {
    let mut names = SelectedNames::new("pipelines", &settings.pipelines, settings.max_names);
    let mut token = None;
    loop {
        let request = client.list_pipelines().set_next_token(token).customize();
        let counted = config::Builder::new().interceptor(region.attempt_counter());
        let page = request.config_override(counted).send().await;
        let page = page.map_err(|error| AwsError::of_request("codepipeline:ListPipelines", &error))?;
        names.add(page.pipelines().iter().filter_map(|pipeline| pipeline.name()))?;
        token = page.next_token;
        if token.is_none() {
            return Ok(names.sorted());
        }
    }
}
