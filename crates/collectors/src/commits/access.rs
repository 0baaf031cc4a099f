//! What the metrics about commits need of GitHub. Commits may be read in a clone, but labels are only on GitHub.

use system_health_registry::{Settings, settings::SettingsError};

use super::{CommitSettings, SourceChoice};
use crate::{
    github::{
        GitHubApi::{GraphQl, Rest},
        GitHubNeeds,
        Permission::{Contents, PullRequests},
    },
    github_access,
};

github_access!("commits.*", needs);

fn needs(key: &str, settings: &Settings) -> Result<GitHubNeeds, SettingsError> {
    let settings: CommitSettings = settings.table()?;
    let has_labels = match key {
        "commits.hotfix" => !settings.hotfix_labels.is_empty(),
        "commits.reverts" => !settings.revert_labels.is_empty(),
        _ => false,
    };
    let commits = || GitHubNeeds::default().with(Rest, [Contents]);
    Ok(match settings.source {
        _ if has_labels => commits().with(GraphQl, [PullRequests]),
        SourceChoice::Auto | SourceChoice::GitHub => commits(),
        SourceChoice::Clone => GitHubNeeds::default(),
    })
}
