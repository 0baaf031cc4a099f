//! The names of the projects in a region.

use aws_sdk_codebuild::{Client, config};

use crate::aws::{AwsError, AwsSettings, regions::AwsRegion, selected_names::SelectedNames};

/// The names of the selected projects, sorted.
pub(super) async fn project_names(
    client: &Client,
    region: &AwsRegion,
    settings: &AwsSettings,
) -> Result<Vec<String>, AwsError> {
    let mut names = SelectedNames::new("projects", &settings.projects, settings.max_names);
    let mut token = None;
    loop {
        let request = client.list_projects().set_next_token(token).customize();
        let counted = config::Builder::new().interceptor(region.attempt_counter());
        let response = request.config_override(counted).send().await;
        let response = response.map_err(|error| AwsError::of_request("codebuild:ListProjects", &error))?;
        names.add(response.projects().iter().map(String::as_str))?;
        token = response.next_token;
        if token.is_none() {
            return Ok(names.sorted());
        }
    }
}
