//! The names of the projects in each region, as a resource.

use aws_sdk_codebuild::{Client, config};
use futures::FutureExt;
use system_health_registry::{Context, FromContext, Unavailable};

use crate::aws::{
    AwsError, AwsSettings,
    name_list::{NameList, RegionalNames},
    regions::AwsRegion,
    selected_names::SelectedNames,
};

/// The action that lists projects.
pub(super) const LIST_PROJECTS: &str = "codebuild:ListProjects";

/// The names of the selected projects in each region.
#[derive(Debug, Clone)]
pub(in crate::aws) struct Projects(pub(in crate::aws) RegionalNames);

impl FromContext for Projects {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let names = RegionalNames::read(context, |region, settings| project_names(region, settings).boxed());
        Ok(Self(names.await?))
    }
}

async fn project_names(region: &AwsRegion, settings: &AwsSettings) -> Result<NameList, AwsError> {
    let client = Client::new(&region.config());
    let mut names = SelectedNames::new("projects", &settings.projects, settings.max_names);
    let mut token = None;
    loop {
        let request = client.list_projects().set_next_token(token).customize();
        let override_config = config::Builder::new().interceptor(region.attempt_counter());
        let response =
            region.record_response(LIST_PROJECTS, request.config_override(override_config).send().await)?;
        names.add(response.projects().iter().map(String::as_str))?;
        token = response.next_token;
        if token.is_none() {
            return Ok(names.into_list());
        }
    }
}
