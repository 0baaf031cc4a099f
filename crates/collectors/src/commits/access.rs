//! What the metrics about commits need from GitHub. Commits may be read in a clone, but labels are only on GitHub.

use system_health_registry::{Settings, settings::SettingsError};

use super::{CommitSettings, HistoryChoice, SourceChoice};
use crate::{
    github::{
        GitHubApi::{GraphQl, Rest},
        GitHubNeeds,
        Permission::{Contents, PullRequests},
    },
    github_access,
};

github_access!("commits.*", needs);
github_access!("commits.direct_pushes", |_, settings| landed(settings));
github_access!("commits.force_pushes", |_, settings| {
    let needs = GitHubNeeds::default().with_api(Rest, [Contents]);
    needs.with_requests("force pushes", 1).with_existing_branch(settings)
});

fn needs(key: &str, all_settings: &Settings) -> Result<GitHubNeeds, SettingsError> {
    let settings: CommitSettings = all_settings.table()?;
    let has_labels = match key {
        "commits.hotfix" => !settings.hotfix_labels.is_empty(),
        "commits.reverts" => !settings.revert_labels.is_empty(),
        _ => false,
    };
    if settings.source == SourceChoice::Clone {
        return if has_labels { landed(all_settings) } else { Ok(GitHubNeeds::default()) };
    }
    let needs = if has_labels { landed(all_settings)? } else { GitHubNeeds::default() };
    needs.with_api(Rest, [Contents]).with_requests("commits", 1).with_branch(all_settings)
}

/// What is needed for the commits that landed on the branch, and for the pull requests with which they landed. Usually, the
/// other metrics read the same commits, and these are requested once.
fn landed(all_settings: &Settings) -> Result<GitHubNeeds, SettingsError> {
    let settings: CommitSettings = all_settings.table()?;
    let is_shared = settings.source != SourceChoice::Clone && settings.history == HistoryChoice::FirstParent;
    let commits = if is_shared { "commits" } else { "landed commits" };
    let needs = GitHubNeeds::default().with_api(Rest, [Contents]).with_api(GraphQl, [PullRequests]);
    needs.with_requests(commits, 1).with_requests("pull requests of commits", 1).with_branch(all_settings)
}
