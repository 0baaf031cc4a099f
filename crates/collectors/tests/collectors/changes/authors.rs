//! `commits.active_authors`.

use system_health_test_support::github::Commit;

use super::{github, stage};
use crate::stage::{collected, days, evidence_of};

#[tokio::test]
async fn people_count_once_and_bots_not_at_all() {
    let github = github();
    github
        .repository("acme/shop")
        .commit(Commit::new("Old").age(days(8)).by("old", "Old", "old@example.com"))
        .commit(Commit::new("One").by("ada", "Ada", "ada@example.com"))
        .commit(Commit::new("Two").by("Ada", "Ada Lovelace", "ada@example.org"))
        // GitHub names no account for this commit, but another commit with the same address has one.
        .commit(Commit::new("Three").by("ghost", "A. Lovelace", "ADA@example.org"))
        .commit(Commit::new("Four").by("ghost", "Ben", "ben@example.com"))
        .commit(Commit::new("Five").by(
            "renovate[bot]",
            "renovate[bot]",
            "29139614+renovate[bot]@users.noreply.github.com",
        ))
        .commit(Commit::new("Six").by("acme-ci", "CI", "ci@example.com"))
        .commit(Commit::new("Seven\n\nCo-authored-by: Eve <eve@example.com>").by(
            "ada",
            "Ada",
            "ada@example.com",
        ));
    let stage = stage(&github).settings("[metrics]\nwindow = \"7d\"");

    assert_eq!(collected(&stage, "commits.active_authors").await, ["3 branch:main"]);
    let evidence = evidence_of(&stage, "commits.active_authors").await;
    let [ci, ada, bot, ben] = evidence.as_slice() else { panic!("{evidence:#?}") };
    for (author, expected) in [
        (bot, "- renovate[bot]: a bot wrote 1 commit, "),
        (ada, "+ ada: 4 commits, the newest is "),
        (ci, "+ acme-ci: 1 commit, "),
        (ben, "+ ben@example.com: 1 commit, "),
    ] {
        assert!(author.starts_with(expected), "{author}");
    }
}

#[tokio::test]
async fn an_address_that_names_an_account_is_compared_without_regard_to_case() {
    let github = github();
    github
        .repository("acme/shop")
        .commit(Commit::new("One").by("ghost", "Ada", "12+ada@users.noreply.github.com"))
        .commit(Commit::new("Two").by("ghost", "Ada", "Ada@Users.NoReply.GitHub.com"))
        .commit(Commit::new("Three").by("ghost", "Renovate", "29+RENOVATE[BOT]@USERS.NOREPLY.GITHUB.COM"));
    assert_eq!(collected(&stage(&github), "commits.active_authors").await, ["1 branch:main"]);
}

#[tokio::test]
async fn bots_that_the_settings_name_do_not_count() {
    let github = github();
    github
        .repository("acme/shop")
        .commit(Commit::new("One").by("ada", "Ada", "ada@example.com"))
        .commit(Commit::new("Two").by("acme-ci", "CI", "ci@example.com"));
    let url = github.url();
    let settings = format!(
        "[github]\napi_url = \"{url}\"\nbots = [\"Acme-CI\"]\n[repository]\nname = \"acme/shop\"\nbranch = \"main\""
    );
    let stage = crate::stage::Stage::empty().token().started_at(super::now()).settings(&settings);

    assert_eq!(collected(&stage, "commits.active_authors").await, ["1 branch:main"]);
    let evidence = evidence_of(&stage, "commits.active_authors").await;
    assert!(evidence[0].starts_with("- acme-ci: a bot wrote 1 commit, "), "{evidence:?}");
    assert!(evidence[1].starts_with("+ ada: 1 commit, "), "{evidence:?}");
}

#[tokio::test]
async fn without_commits_by_people_there_are_0_authors() {
    let github = github();
    github.repository("acme/shop").commit(Commit::new("One").by(
        "renovate[bot]",
        "renovate[bot]",
        "r@example.com",
    ));
    assert_eq!(collected(&stage(&github), "commits.active_authors").await, ["0 branch:main"]);
}
