//! Whether the required checks pass on the branch.

use system_health_registry::{Context, EvidenceItem, FromContext, NoData, Scope, Unavailable};

use super::{
    check::CheckState,
    commit_checks,
    judge::{CommitVerdict, judge},
    requirements,
};
use crate::{
    github::{ExistingBranch, GitHubRepository, WatchedBranch},
    repository::Branch,
    short_id::short_id,
};

/// Maximum number of earlier commits whose checks are read in addition to those of the tip.
const MAX_BEFORE: usize = 4;

/// Whether the required checks pass on the branch.
#[derive(Debug, Clone)]
pub struct RequiredChecksVerdict {
    /// The branch.
    pub branch: Branch,
    /// Whether all required checks pass.
    pub passed: bool,
    /// The web page of the first failed check that has one.
    pub web_page: Option<String>,
    /// The checks of the commits that were considered.
    pub evidence: Vec<EvidenceItem>,
}

impl FromContext for RequiredChecksVerdict {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let repository = context.get::<GitHubRepository>().await?;
        let WatchedBranch(branch) = context.get().await?;
        let required =
            requirements::read(&repository, &branch, &context.get::<ExistingBranch>().await?).await?;
        if required.has_workflows {
            return Err(Unavailable::no_data(format!(
                "a ruleset requires workflows to pass on the branch `{branch}`, and GitHub does not say which checks these make"
            )));
        }
        if required.checks.is_empty() {
            return Err(Unavailable::no_data(format!("no check is required on the branch `{branch}`")));
        }
        let (mut evidence, mut undecided_on_tip) = (Vec::new(), String::new());
        let mut commits = vec![required.tip.clone()];
        let mut considered = 0;
        while let Some(commit) = commits.get(considered).cloned() {
            let checks = commit_checks::read(&repository, &commit).await?;
            let CommitVerdict { state, web_page: page, undecided, evidence: of_commit } =
                judge(&commit, &required.checks, &checks);
            evidence.extend(of_commit);
            if state != CheckState::Undecided {
                return Ok(Self { branch, passed: state == CheckState::Passed, web_page: page, evidence });
            }
            considered += 1;
            if considered == 1 {
                undecided_on_tip = format!("on {}, {}", short_id(&commit), undecided.join(" and "));
                commits.extend(commit_checks::first_parents(&repository, &commit, MAX_BEFORE).await?);
            }
        }
        let commits_in_words = match considered {
            1 => "commit".to_owned(),
            number => format!("{number} commits"),
        };
        let reason = format!(
            "the required checks decide nothing on the newest {commits_in_words} of `{branch}`: {undecided_on_tip}; do they \
             run only for pull requests?"
        );
        Err(NoData::new(reason).with_evidence(evidence).into())
    }
}
