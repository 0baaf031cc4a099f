//! `branches.active`.

use serde_json::json;
use system_health_test_support::{
    github::{Commit, refusal},
    server::Answer,
};

use super::{github, stage};
use crate::stage::{collected, days, evidence_of};

const KEY: &str = "branches.active";

#[tokio::test]
async fn branches_with_a_new_commit_count_except_watched_and_default_ones() {
    let github = github();
    let shop = github.repository("acme/shop");
    shop.default_branch("develop")
        .commit(Commit::new("Watched").branch("main"))
        .commit(Commit::new("Default").branch("develop"))
        .commit(Commit::new("At the start").branch("topic").age(days(7)))
        .commit(Commit::new("Too old").branch("old").age(days(8)))
        .commit(Commit::new("Old one").branch("revived").age(days(80)))
        .commit(Commit::new("New one").branch("revived").age(days(1)))
        .commit(Commit::new("With a wrong clock").branch("future").at(super::now() + days(2)))
        .commit(Commit::new("Queued").branch("gh-readonly-queue/main/pr-7-0123abc"));

    assert_eq!(collected(&stage(&github), KEY).await, ["2"]);
    let evidence = evidence_of(&stage(&github), KEY).await;
    let counted: Vec<_> = evidence.iter().filter(|line| line.starts_with('+')).collect();
    assert!(counted[0].starts_with("+ future: its newest commit "), "{evidence:?}");
    assert!(evidence.iter().any(|line| line == "- develop: it is the default branch"), "{evidence:?}");
}

#[tokio::test]
async fn a_branch_with_a_date_before_1970_is_an_old_one() {
    let github = github();
    github.repository("acme/shop").commits(1);
    let branch =
        |name: &str, date: &str| json!({ "name": name, "target": { "oid": "abc", "committedDate": date } });
    let refs = json!({
        "totalCount": 2,
        "pageInfo": { "hasNextPage": false, "endCursor": null },
        "nodes": [branch("old", "1969-07-20T20:17:40Z"), branch("new", "2025-06-01T13:00:00+02:00")],
    });
    let repository = json!({ "url": "https://github.com/acme/shop", "defaultBranchRef": null, "refs": refs });
    github.fail("/graphql", Answer::json(200, &json!({ "data": { "repository": repository } })));
    assert_eq!(collected(&stage(&github), KEY).await, ["1"]);
}

#[tokio::test]
async fn all_pages_are_read() {
    let github = github();
    let shop = github.repository("acme/shop");
    shop.commits(1);
    for number in 0..250 {
        shop.commit(Commit::new("New").branch(format!("topic-{number:03}")));
    }
    assert_eq!(collected(&stage(&github), KEY).await, ["250"]);
    assert_eq!(github.requests().len(), 3);
}

#[tokio::test]
async fn a_branch_that_is_deleted_while_the_list_is_read_hides_no_other() {
    let github = github();
    let shop = github.repository("acme/shop");
    shop.commits(1).commit(Commit::new("Old").branch("old").age(days(80)));
    for number in 0..150 {
        shop.commit(Commit::new("New").branch(format!("topic-{number:03}")));
    }
    // The second page then starts one branch too late. The total on that page is the number of branches on both pages, so the
    // total does not show that a branch is missing.
    let changed = shop.clone();
    github.after_next_request(move || {
        changed.delete_branch("old");
    });
    assert_eq!(collected(&stage(&github), KEY).await, ["150"]);
    assert_eq!(github.requests().len(), 4, "the list is read again");
}

#[tokio::test]
async fn more_branches_than_the_limit_are_an_error() {
    let github = github();
    let shop = github.repository("acme/shop");
    shop.commits(1);
    for number in 0..120 {
        shop.commit(Commit::new("New").branch(format!("topic-{number}")));
    }
    let settings = format!(
        "[github]\napi_url = \"{}\"\nmax_pages = 1\n[repository]\nname = \"acme/shop\"\nbranch = \"main\"",
        github.url()
    );
    let stage = crate::stage::Stage::empty().token().started_at(super::now()).settings(&settings);
    let lines = collected(&stage, KEY).await;
    assert!(lines[0].starts_with("error: ") && lines[0].contains("more than 100 branches"), "{lines:?}");
}

#[tokio::test]
async fn a_missing_permission_is_no_data_that_names_it() {
    let github = github();
    github.repository("acme/shop").commits(1);
    github.fail("/graphql", refusal::query_error("FORBIDDEN", "Resource not accessible by integration"));
    let lines = collected(&stage(&github), KEY).await;
    assert!(
        lines[0]
            .starts_with("no data: the GitHub token needs the permission `Contents` (read) for acme/shop: "),
        "{lines:?}"
    );
}
