//! The names of the projects in a region.

use aws_sdk_codebuild::{Client, config};

use crate::aws::{AwsError, AwsSettings, regions::AwsRegion};

/// The names of the selected projects, sorted.
pub(super) async fn project_names(
    client: &Client,
    region: &AwsRegion,
    settings: &AwsSettings,
) -> Result<Vec<String>, AwsError> {
    let mut names = Vec::new();
    let mut token = None;
    loop {
        let request = client.list_projects().set_next_token(token).customize();
        let counted = config::Builder::new().interceptor(region.attempt_counter());
        let response = request.config_override(counted).send().await;
        let response =
            response.map_err(|error| AwsError::of_request("codebuild:ListProjects", &error))?;
        let selected = response.projects().iter().filter(|name| settings.projects.matches(name));
        names.extend(selected.cloned());
        if names.len() > settings.max_names as usize {
            let (what, limit) = ("projects", settings.max_names);
            return Err(AwsError::TooMany { what, limit, setting: "max_names" });
        }
        token = response.next_token;
        if token.is_none() {
            names.sort();
            return Ok(names);
        }
    }
}
