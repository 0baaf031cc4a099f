//! `hotfix_labels` and `revert_labels` in `[commits]`.

use system_health_test_support::github::{Commit, FakeGitHub, PullRequest, refusal};

use super::{github, now, stage, without_github};
use crate::{
    git::Git,
    stage::{collected, days, evidence_of},
};

const LABELS: &str = "[commits]\nrevert_labels = [\"Revert\"]\nhotfix_labels = [\"hotfix\"]";

fn github_with_labels() -> FakeGitHub {
    let github = github();
    let shop = github.repository("acme/shop");
    let merged = || PullRequest::new("Undo").age(days(3)).merge(days(1));
    shop.pull_request(merged().labelled("bug").labelled("revert"))
        .pull_request(merged().labelled("revert").base("develop"))
        .pull_request(PullRequest::new("Open").labelled("revert"))
        .pull_request(merged().labelled("revert").base("master"))
        .pull_request(merged().labelled("HotFix"));
    shop.commit(Commit::new("Base").branch("develop"))
        .commit(Commit::new("Undo (#1)").pull_request(1))
        .commit(Commit::new("Revert \"Sell socks\"").pull_request(1))
        .commit(Commit::new("Backport").pull_request(2))
        .commit(Commit::new("Unfinished").pull_request(3))
        .commit(Commit::new("Before the branch was renamed").pull_request(4))
        .commit(Commit::new("Quick").pull_request(5));
    github
}

#[tokio::test]
async fn a_commit_counts_because_of_its_message_or_of_a_label() {
    let github = github_with_labels();
    assert_eq!(collected(&stage(&github), "commits.reverts").await, ["1 branch:main"]);
    assert_eq!(github.requests().len(), 1, "labels are not requested");

    let labelled = stage(&github).settings(LABELS);
    assert_eq!(collected(&labelled, "commits.reverts").await, ["3 branch:main"]);
    assert_eq!(collected(&labelled, "commits.hotfix").await, ["1 branch:main"]);
    let evidence = evidence_of(&labelled, "commits.reverts").await;
    let line_of =
        |title: &str| evidence.iter().find(|line| line.contains(title)).cloned().unwrap_or_default();
    assert!(line_of("Undo (#1)").ends_with(": its pull request #1 has the label `revert`"), "{evidence:?}");
    assert!(!line_of("Sell socks").contains("label"), "{evidence:?}");
}

#[tokio::test]
async fn labels_that_cannot_be_read_are_no_data_for_the_metric_that_needs_them() {
    let github = github_with_labels();
    github.fail("/graphql", refusal::query_error("FORBIDDEN", "Resource not accessible by integration"));
    let stage = stage(&github).settings("[commits]\nrevert_labels = [\"revert\"]");
    let lines = collected(&stage, "commits.reverts").await;
    assert!(
        lines[0].starts_with("no data: the GitHub token needs the permission `Pull requests`"),
        "{lines:?}"
    );
    assert_eq!(collected(&stage, "commits.hotfix").await, ["0 branch:main"]);
}

#[tokio::test]
async fn a_clone_without_github_has_no_labels() {
    let git = Git::with_app();
    git.commit("app", "Revert \"Sell socks\"", now() - days(1));
    let stage = without_github(&git.path("app"));
    assert_eq!(collected(&stage, "commits.reverts").await, ["1 branch:main"]);
    let stage = without_github(&git.path("app")).settings(LABELS);
    let lines = collected(&stage, "commits.reverts").await;
    assert!(lines[0].starts_with("no data: found no GitHub token: "), "{lines:?}");
}
