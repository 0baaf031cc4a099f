//! Decides from the pull requests of a commit how it landed.

/// A pull request that GitHub associates with a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::commits) struct CommitPullRequest {
    pub(super) number: u64,
    pub(super) web_page: String,
    pub(super) is_merged: bool,
    /// The branch that it was opened for.
    pub(super) base: String,
    /// Whether that branch still exists.
    pub(super) has_base: bool,
    /// Whether that branch is one of this repository, and not of a fork.
    pub(super) is_own: bool,
    /// The names of its labels, if they were asked for.
    pub(super) labels: Vec<String>,
}

/// How a commit landed on the branch.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::commits) enum Landing<'a> {
    /// With this pull request.
    PullRequest(&'a CommitPullRequest),
    /// Without a pull request to this branch, for this reason.
    Direct(String),
    /// It is unknown how the commit landed, for this reason.
    Unknown(String),
}

impl CommitPullRequest {
    /// Whether it was merged into this branch, or into a branch that no longer exists and may have been this one.
    pub(super) fn may_have_landed_on(&self, branch: &str) -> bool {
        self.is_merged && self.is_own && (self.base == branch || !self.has_base)
    }
}

/// How a commit with these pull requests landed on a branch.
pub(in crate::commits) fn landing<'a>(pull_requests: &'a [CommitPullRequest], branch: &str) -> Landing<'a> {
    let merged = || pull_requests.iter().filter(|one| one.is_merged && one.is_own);
    if let Some(pull_request) = merged().find(|one| one.base == branch) {
        return Landing::PullRequest(pull_request);
    }
    // If the branch was renamed, its older pull requests keep the old name.
    if let Some(gone) = merged().find(|one| !one.has_base) {
        let CommitPullRequest { number, base, .. } = gone;
        return Landing::Unknown(format!(
            "its pull request #{number} was merged into `{base}`, which no longer exists and may have been this branch"
        ));
    }
    Landing::Direct(match (merged().next(), pull_requests.first()) {
        (Some(CommitPullRequest { number, base, .. }), _) => {
            format!(
                "its pull request #{number} was merged into `{base}`, and the commit was pushed to this branch"
            )
        }
        (None, Some(CommitPullRequest { number, is_own: false, .. })) => {
            format!("its pull request #{number} was for another repository")
        }
        (None, Some(CommitPullRequest { number, .. })) => {
            format!("its pull request #{number} was not merged")
        }
        (None, None) => "it landed without a pull request".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged_into(base: &str) -> CommitPullRequest {
        CommitPullRequest {
            number: 7,
            web_page: String::new(),
            is_merged: true,
            base: base.to_owned(),
            has_base: true,
            is_own: true,
            labels: Vec::new(),
        }
    }

    #[test]
    fn only_a_pull_request_that_was_merged_into_the_branch_counts() {
        let open = CommitPullRequest { is_merged: false, ..merged_into("main") };
        let foreign = CommitPullRequest { is_own: false, ..merged_into("main") };
        let direct = |pull_requests: &[CommitPullRequest]| match landing(pull_requests, "main") {
            Landing::Direct(reason) => reason,
            other => panic!("{other:?}"),
        };
        assert_eq!(direct(&[]), "it landed without a pull request");
        assert_eq!(direct(std::slice::from_ref(&open)), "its pull request #7 was not merged");
        assert_eq!(direct(std::slice::from_ref(&foreign)), "its pull request #7 was for another repository");
        assert_eq!(
            direct(&[open.clone(), merged_into("develop")]),
            "its pull request #7 was merged into `develop`, and the commit was pushed to this branch"
        );
        let expected = merged_into("main");
        let pull_requests = [open, foreign, merged_into("develop"), expected.clone()];
        assert_eq!(landing(&pull_requests, "main"), Landing::PullRequest(&expected));
    }

    #[test]
    fn a_branch_that_no_longer_exists_may_have_been_this_one() {
        let gone = CommitPullRequest { has_base: false, ..merged_into("master") };
        let Landing::Unknown(reason) = landing(std::slice::from_ref(&gone), "main") else { panic!() };
        assert!(
            reason.starts_with("its pull request #7 was merged into `master`, which no longer"),
            "{reason}"
        );
        let pull_requests = [gone, merged_into("main")];
        assert_eq!(landing(&pull_requests, "main"), Landing::PullRequest(&pull_requests[1]));
    }
}
