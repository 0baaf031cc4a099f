//! `commits.force_pushes`.

use std::time::Duration;

use serde_json::json;
use system_health_test_support::{
    github::{Activity, refusal},
    server::Answer,
};

use super::{github, stage};
use crate::stage::{collected, days, evidence_of};

const KEY: &str = "commits.force_pushes";

#[tokio::test]
async fn force_pushes_to_the_branch_within_the_window_count() {
    let github = github();
    github
        .repository("acme/shop")
        .commits(1)
        .activity(Activity::new("force_push", "main").age(days(8)))
        .activity(Activity::new("force_push", "main").age(days(6)))
        .activity(Activity::new("force_push", "main").age(days(1)).by("ghost"))
        .activity(Activity::new("push", "main"))
        .activity(Activity::new("force_push", "feature"))
        .activity(Activity::new("branch_deletion", "feature"));

    assert_eq!(collected(&stage(&github), KEY).await, ["2 branch:main"]);
    let evidence = evidence_of(&stage(&github), KEY).await;
    assert!(evidence[0].contains(": pushed by a deleted account at 2025-05-31T12:00:00Z"), "{evidence:?}");
    assert!(evidence[1].contains(": pushed by ada at 2025-05-26T12:00:00Z"), "{evidence:?}");
}

#[tokio::test]
async fn the_list_is_read_back_to_the_start_of_the_window() {
    let github = github();
    let shop = github.repository("acme/shop");
    shop.commits(1);
    for minute in 0..150 {
        shop.activity(Activity::new("force_push", "main").age(Duration::from_mins(minute)));
        shop.activity(Activity::new("force_push", "main").age(days(9) + Duration::from_mins(minute)));
    }
    shop.activity(Activity::new("force_push", "main").age(days(8)));
    for minute in 150..300 {
        shop.activity(Activity::new("force_push", "main").age(days(9) + Duration::from_mins(minute)));
    }
    assert_eq!(collected(&stage(&github), KEY).await, ["150 branch:main"]);
    assert_eq!(github.requests().len(), 3, "the third page has only older pushes");
}

#[tokio::test]
async fn without_force_pushes_the_value_is_0_if_the_branch_exists() {
    let github = github();
    let shop = github.repository("acme/shop");
    shop.commits(1);
    assert_eq!(collected(&stage(&github), KEY).await, ["0 branch:main"]);
    assert_eq!(github.requests().len(), 2, "the list and the branch");

    shop.rename_branch("main", "trunk");
    let lines = collected(&stage(&github), KEY).await;
    assert_eq!(lines, ["error: the branch `main` of acme/shop was renamed to `trunk`"]);

    shop.delete_branch("trunk");
    let lines = collected(&stage(&github), KEY).await;
    assert!(lines[0].starts_with("error: cannot read the branch `main` of acme/shop: "), "{lines:?}");
}

#[tokio::test]
async fn no_request_checks_whether_the_default_branch_exists() {
    let github = github();
    github.repository("acme/shop").commits(1);
    let settings = "[repository]\nname = \"acme/shop\"";
    let stage = crate::stage::Stage::empty().github(&github).token().settings(settings);
    assert_eq!(collected(&stage, KEY).await, ["0 branch:main"]);
    assert_eq!(github.requests().len(), 2, "the repository and the list");
}

#[tokio::test]
async fn a_missing_permission_is_no_data_that_names_it() {
    let github = github();
    github.repository("acme/shop").commits(1);
    github.fail("/activity", refusal::forbidden());
    let lines = collected(&stage(&github), KEY).await;
    assert!(
        lines[0]
            .starts_with("no data: the GitHub token needs the permission `Contents` (read) for acme/shop: "),
        "{lines:?}"
    );
}

#[tokio::test]
async fn a_server_without_a_list_of_activity_is_no_data() {
    let github = github();
    github.repository("acme/shop").commits(1);
    github.fail("/activity", Answer::json(404, &json!({ "message": "Not Found" })));
    assert_eq!(
        collected(&stage(&github), KEY).await,
        [
            "no data: GitHub lists no activity of acme/shop: GitHub answered 404 Not Found: Not Found; check the name, and that \
          the GitHub token may read the repository"
        ]
    );
}

#[tokio::test]
async fn a_repository_that_does_not_exist_is_an_error() {
    let lines = collected(&stage(&github()), KEY).await;
    assert!(lines[0].starts_with("error: cannot read the branch `main` of acme/shop: "), "{lines:?}");
    assert!(lines[0].contains("404 Not Found"), "{lines:?}");
}
