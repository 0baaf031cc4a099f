//! `commits.landed`.

use system_health_test_support::github::Commit;

use super::{github, now, stage, without_github};
use crate::{
    git::Git,
    stage::{collected, days, evidence_of, hotfixes},
};

#[tokio::test]
async fn a_merge_counts_without_the_commits_that_it_brought() {
    let github = github();
    let shop = github.repository("acme/shop");
    shop.commit(Commit::new("Too old").age(days(8)))
        .commit(Commit::new("Sell socks").age(days(7)))
        .commit(Commit::new("Draft").branch("topic").after(["main"]))
        .commit(Commit::new("Finish").branch("topic"))
        .commit(Commit::new("Merge branch 'topic'").after(["main", "topic"]))
        .commit(Commit::new("Elsewhere").branch("other").after(["main"]));

    assert_eq!(collected(&stage(&github), "commits.landed").await, ["2 branch:main"]);
    assert_eq!(
        evidence_of(&stage(&github), "commits.landed").await.len(),
        2,
        "each commit is listed as evidence"
    );
}

#[tokio::test]
async fn a_force_push_between_two_requests_hides_no_commit() {
    let github = github();
    let shop = github.repository("acme/shop");
    shop.commits(150);
    let pushed = shop.clone();
    github.after_next_request(move || {
        pushed.remove_commits("main", 30);
    });
    let all_history = stage(&github).settings("[commits]\nhistory = \"all\"");
    assert_eq!(collected(&all_history, "commits.landed").await, ["150 branch:main"]);
    assert_eq!(github.requests().len(), 2);
}

#[tokio::test]
async fn a_branch_without_new_commits_has_0() {
    let github = github();
    github.repository("acme/shop").commit(Commit::new("Too old").age(days(8)));
    assert_eq!(collected(&stage(&github), "commits.landed").await, ["0 branch:main"]);
}

#[tokio::test]
async fn the_list_is_read_once_for_all_metrics() {
    let github = github();
    github.repository("acme/shop").commits(3);
    let context = stage(&github).one_repository();
    hotfixes(&context).await.unwrap();
    let landed = system_health_collectors::commits::landed_commits(context.get().await.unwrap()).unwrap();
    assert_eq!(landed.value().to_string(), "3");
    assert_eq!(github.requests().len(), 1);
}

#[tokio::test]
async fn commits_and_authors_are_read_from_a_clone() {
    let git = Git::with_app();
    git.commit("app", "Too old", now() - days(8));
    git.commit("app", "Sell socks", now() - days(1));
    git.commit("app", "Sell shoes", now() - days(1));
    let stage = without_github(&git.path("app"));
    assert_eq!(collected(&stage, "commits.landed").await, ["2 branch:main"]);
    // The test's git has one author.
    assert_eq!(collected(&stage, "commits.active_authors").await, ["1 branch:main"]);
}

#[tokio::test]
async fn what_only_github_knows_has_no_data_in_a_clone() {
    let git = Git::with_app();
    git.commit("app", "Sell socks", now() - days(1));
    let stage = without_github(&git.path("app"));
    for key in ["commits.direct_pushes", "commits.force_pushes", "branches.active"] {
        let lines = collected(&stage, key).await;
        assert!(lines[0].starts_with("no data: found no GitHub token: "), "{key}: {lines:?}");
    }
}
