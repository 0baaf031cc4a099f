//! The recent builds of one project.

use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_sdk_codebuild::{Client, config};

use super::build::{Build, GET_BUILDS};
use crate::aws::{AwsError, AwsSettings, regions::AwsRegion};

/// The action that lists the builds of a project.
pub(super) const LIST_BUILDS: &str = "codebuild:ListBuildsForProject";

/// How long before its end a build may have started: 36 hours of building after 8 hours in the queue. See
/// <https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html>.
const LONGEST_BUILD: Duration = Duration::from_hours(36 + 8);

/// The builds of a project that may have ended after `since`: those that started at most [`LONGEST_BUILD`] before `since`, or
/// later. AWS sorts the builds by their start, newest first.
pub(super) async fn builds_since(
    client: &Client,
    region: &AwsRegion,
    project: &str,
    since: SystemTime,
    settings: &AwsSettings,
) -> Result<Vec<Build>, AwsError> {
    let earliest = since.checked_sub(LONGEST_BUILD).unwrap_or(UNIX_EPOCH);
    let (mut builds, mut listed) = (Vec::new(), BTreeSet::new());
    let mut token = None;
    loop {
        let request =
            client.list_builds_for_project().project_name(project).set_next_token(token).customize();
        let override_config = config::Builder::new().interceptor(region.attempt_counter());
        let page =
            region.record_response(LIST_BUILDS, request.config_override(override_config).send().await)?;
        // A build may be on two pages if another one starts while the list is read.
        let ids: Vec<String> = page.ids().iter().filter(|id| listed.insert((*id).clone())).cloned().collect();
        // AWS refuses a request for no builds.
        let page_builds = if ids.is_empty() { Vec::new() } else { read_builds(client, region, ids).await? };
        let is_last_page = page_builds.iter().any(|build| build.started_at < earliest);
        builds.extend(page_builds.into_iter().filter(|build| build.started_at >= earliest));
        if builds.len() > settings.max_builds as usize {
            let (what, limit) = ("builds", settings.max_builds);
            let alternative = "set a shorter window in [metrics]";
            return Err(AwsError::TooMany { what, limit, setting: "max_builds", alternative });
        }
        token = page.next_token;
        if is_last_page || token.is_none() {
            return Ok(builds);
        }
    }
}

/// The builds with these ids. A build that was deleted in the meantime is left out.
async fn read_builds(client: &Client, region: &AwsRegion, ids: Vec<String>) -> Result<Vec<Build>, AwsError> {
    let request = client.batch_get_builds().set_ids(Some(ids)).customize();
    let override_config = config::Builder::new().interceptor(region.attempt_counter());
    let response =
        region.record_response(GET_BUILDS, request.config_override(override_config).send().await)?;
    response.builds().iter().map(Build::from_response).collect()
}
