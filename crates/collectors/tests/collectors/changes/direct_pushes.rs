//! `commits.direct_pushes`.

use std::time::Duration;

use serde_json::{Value, json};
use system_health_test_support::{
    github::{Commit, FakeGitHub, PullRequest, Repository, refusal},
    server::Answer,
};

use super::{github, stage};
use crate::stage::{collected, days, evidence_of};

const KEY: &str = "commits.direct_pushes";

fn merged() -> PullRequest {
    PullRequest::new("Sell socks").age(days(3)).merge(days(1))
}

fn pushed(message: &str) -> Commit {
    Commit::new(message).age(Duration::from_hours(1))
}

async fn value(github: &FakeGitHub) -> String {
    collected(&stage(github), KEY).await.join("; ")
}

fn github_with(fill: impl FnOnce(&Repository)) -> FakeGitHub {
    let github = github();
    fill(&github.repository("acme/shop"));
    github
}

#[tokio::test]
async fn every_way_of_merging_a_pull_request_is_recognised() {
    let github = github_with(|shop| {
        shop.pull_request(merged()).pull_request(merged()).pull_request(merged());
        shop.commit(Commit::new("Too old").age(days(8)))
            // A merge commit. The commits of its branch do not land themselves.
            .commit(Commit::new("Draft").branch("topic").after(["main"]).pull_request(1))
            .commit(Commit::new("Merge pull request #1").after(["main", "topic"]).pull_request(1))
            // A squash merge.
            .commit(Commit::new("Sell shoes (#2)").pull_request(2))
            // A rebase merge of two commits.
            .commit(Commit::new("Sell hats").pull_request(3))
            .commit(Commit::new("Sell caps").pull_request(3))
            // Two direct pushes, although the message of the first names a pull request.
            .commit(pushed("Fix it (#2)"))
            .commit(pushed("Oops"));
    });
    assert_eq!(value(&github).await, "2 branch:main");
    let evidence = evidence_of(&stage(&github), KEY).await;
    let line_of =
        |title: &str| evidence.iter().find(|line| line.contains(title)).cloned().unwrap_or_default();
    assert!(line_of("Oops").ends_with("Oops: it landed without a pull request"), "{evidence:?}");
    assert!(line_of("Sell hats").ends_with("Sell hats: it landed with #3"), "{evidence:?}");
    assert_eq!(evidence.len(), 6);
}

#[tokio::test]
async fn only_a_pull_request_that_was_merged_into_this_branch_is_recognised() {
    let github = github_with(|shop| {
        shop.pull_request(PullRequest::new("Open"))
            .pull_request(PullRequest::new("Closed").close(days(1)))
            .pull_request(merged().base("develop"))
            .pull_request(merged().to_fork("mallory/shop"));
        shop.commit(Commit::new("Base").branch("develop"));
        for number in 1..=4 {
            shop.commit(pushed(&format!("Change {number}")).pull_request(number));
        }
    });
    assert_eq!(value(&github).await, "4 branch:main");
}

#[tokio::test]
async fn a_commit_of_the_last_ten_minutes_does_not_count_yet() {
    let github = github_with(|shop| {
        shop.commit(Commit::new("Just now").age(Duration::from_mins(9)))
            .commit(Commit::new("A while ago").age(Duration::from_mins(10)))
            .commit(Commit::new("With a wrong clock").at(super::now() + days(1)));
    });
    assert_eq!(value(&github).await, "2 branch:main");
    let evidence = evidence_of(&stage(&github), KEY).await;
    assert!(
        evidence.iter().any(|line| line.starts_with('-') && line.contains("Just now: it is so new")),
        "{evidence:?}"
    );
}

#[tokio::test]
async fn a_pull_request_into_a_branch_that_no_longer_exists_is_no_data() {
    let github = github_with(|shop| {
        shop.pull_request(merged().base("master"))
            .commit(Commit::new("Sell socks").pull_request(1))
            .commit(pushed("Oops"));
    });
    let value = value(&github).await;
    assert!(value.starts_with("no data: commit "), "{value}");
    assert!(
        value.ends_with("its pull request #1 was merged into `master`, which no longer exists and may have been this branch"),
        "{value}"
    );
}

#[tokio::test]
async fn a_branch_without_new_commits_has_0_and_needs_no_query() {
    let github = github_with(|shop| {
        shop.commit(Commit::new("Too old").age(days(8)));
    });
    assert_eq!(value(&github).await, "0 branch:main");
    assert_eq!(github.requests().len(), 1);
}

#[tokio::test]
async fn commits_are_queried_100_at_a_time_or_fewer_if_github_is_slow() {
    let github = github_with(|shop| {
        shop.commits(130);
    });
    // There is one commit for each minute. The newest nine are too new to count.
    assert_eq!(value(&github).await, "121 branch:main");
    let sizes = |github: &FakeGitHub| -> Vec<usize> {
        let ids = |body: &[u8]| {
            let body: Value = serde_json::from_slice(body).ok()?;
            Some(body["variables"]["ids"].as_array()?.len())
        };
        github.requests().iter().filter_map(|request| ids(&request.body)).collect()
    };
    assert_eq!(sizes(&github), [100, 30]);

    let slow = github_with(|shop| {
        shop.commits(130);
    });
    slow.fail_times(1, "/graphql", refusal::query_timeout(502));
    assert_eq!(value(&slow).await, "121 branch:main");
    assert_eq!(sizes(&slow), [100, 50, 50, 30]);

    let few = github_with(|shop| {
        shop.commits(30);
    });
    few.fail_times(1, "/graphql", refusal::query_timeout(502));
    value(&few).await;
    assert_eq!(sizes(&few), [30, 15, 15], "the query that failed is not repeated");
}

#[tokio::test]
async fn more_pull_requests_of_a_commit_than_fit_on_a_page_are_an_error() {
    let github = github_with(|shop| {
        let commit = (1..=11).fold(Commit::new("Sell socks"), Commit::pull_request);
        for _ in 1..=11 {
            shop.pull_request(PullRequest::new("Open"));
        }
        shop.commit(commit);
    });
    let value = value(&github).await;
    assert!(value.starts_with("error: ") && value.contains("more than 10 pull requests"), "{value}");
}

#[tokio::test]
async fn a_commit_that_github_does_not_find_is_named() {
    let github = github_with(|shop| {
        shop.commits(3);
    });
    github.fail("/graphql", Answer::json(200, &json!({ "data": { "nodes": [null, null, null] } })));
    let value = value(&github).await;
    assert!(
        value.starts_with("error: cannot read the pull requests of the commits of acme/shop: "),
        "{value}"
    );
    assert!(value.contains("GitHub did not answer about commit "), "{value}");
    assert_eq!(github.requests().len(), 2);
}

#[tokio::test]
async fn an_answer_about_another_number_of_commits_is_an_error() {
    for nodes in [json!([]), json!([null, null]), json!([null, null, null, null])] {
        let github = github_with(|shop| {
            shop.commits(3);
        });
        let expected = format!(
            "GitHub was asked about 3 objects, but answered about {}",
            nodes.as_array().unwrap().len()
        );
        github.fail("/graphql", Answer::json(200, &json!({ "data": { "nodes": nodes } })));
        let value = value(&github).await;
        assert!(value.contains(&expected), "{value}");
        assert_eq!(github.requests().len(), 2);
    }
}

#[tokio::test]
async fn the_commits_of_merged_branches_count_only_in_other_metrics() {
    let github = github_with(|shop| {
        shop.pull_request(merged());
        shop.commit(pushed("Oops"))
            .commit(Commit::new("Draft").branch("topic").after(["main"]))
            .commit(Commit::new("Merge pull request #1").after(["main", "topic"]).pull_request(1));
    });
    let all_history = stage(&github).settings("[commits]\nhistory = \"all\"");
    assert_eq!(collected(&all_history, KEY).await, ["1 branch:main"]);
    assert_eq!(collected(&all_history, "commits.landed").await, ["3 branch:main"]);
}

#[tokio::test]
async fn a_missing_permission_is_no_data_that_names_it() {
    let github = github_with(|shop| {
        shop.commit(pushed("Oops"));
    });
    github.fail("/graphql", refusal::query_error("FORBIDDEN", "Resource not accessible by integration"));
    let value = value(&github).await;
    assert!(
        value.starts_with(
            "no data: the GitHub token needs the permission `Pull requests` (read) for acme/shop: "
        ),
        "{value}"
    );
}
