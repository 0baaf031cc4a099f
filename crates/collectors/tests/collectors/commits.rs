//! Which commits count, on GitHub.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use system_health_test_support::github::{Commit, Conclusion, FakeGitHub, Run};

use crate::stage::{Stage, days, hotfixes, line, reverts, tests};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn the_committers_date_decides_and_the_window_starts_at_a_whole_second() {
    let now = UNIX_EPOCH + Duration::from_millis(1_700_000_000_900);
    let github = FakeGitHub::start();
    github
        .repository("acme/shop")
        .commit(Commit::new("hotfix at the start").at(now - days(7)))
        .commit(Commit::new("hotfix before it").at(now - days(7) - SECOND))
        .commit(Commit::new("hotfix rebased lately").at(now - SECOND).authored_at(now - days(90)))
        .commit(Commit::new("hotfix on another branch").branch("next").at(now));

    let reading = Stage::on(&github).started_at(now).hotfixes().await;

    assert_eq!(line(&reading), "2 [branch:main, repository:acme/shop]");
}

#[tokio::test]
async fn the_window_and_the_patterns_are_settings() {
    let github = FakeGitHub::start();
    github
        .repository("acme/shop")
        .commit("URGENT: prices")
        .commit("Roll back the socks")
        .commit(Commit::new("urgent: older").age(Duration::from_hours(2)));
    let stage = Stage::on(&github).settings(
        "[metrics]\nwindow = \"1h\"\n[commits]\nhotfix = [\"^urgent\"]\nreverts = [\"roll(ed)? back\"]",
    );
    let context = stage.one_repository();

    assert_eq!(line(&hotfixes(&context).await), "1 [branch:main, repository:acme/shop]");
    assert_eq!(line(&reverts(&context).await), "1 [branch:main, repository:acme/shop]");
}

#[tokio::test]
async fn a_merge_counts_without_the_commits_that_it_brought_unless_all_history_counts() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.commit("Sell socks")
        .commit(Commit::new("hotfix: login").branch("topic").after(["main"]))
        .commit(Commit::new("Revert \"Sell socks\"").branch("topic"))
        .commit("Sell shoes")
        .commit(
            Commit::new("Merge pull request #12 from acme/hotfix/login\n\nLogin").after(["main", "topic"]),
        );

    let value = async |settings: &str, metric: &str| {
        let context = Stage::on(&github).settings(settings).one_repository();
        let reading = if metric == "hotfix" { hotfixes(&context).await } else { reverts(&context).await };
        reading.unwrap().value().to_string()
    };
    let all_history = "[commits]\nhistory = \"all\"";

    assert_eq!(value("", "hotfix").await, "1", "the merge");
    assert_eq!(value("", "reverts").await, "0");
    assert_eq!(value(all_history, "hotfix").await, "2", "the commit and the merge");
    assert_eq!(value(all_history, "reverts").await, "1");
    assert_eq!(github.requests().len(), 4, "one request for each run");
}

#[tokio::test]
async fn old_dates_of_the_newest_commits_hide_no_other_commits() {
    for settings in ["", "[commits]\nhistory = \"all\""] {
        let github = FakeGitHub::start();
        let shop = github.repository("acme/shop");
        shop.commit("hotfix: login");
        for _ in 0..49 {
            shop.commit(Commit::new("Imported").age(days(900)));
        }
        assert_eq!(
            line(&Stage::on(&github).settings(settings).hotfixes().await),
            "1 [branch:main, repository:acme/shop]"
        );
        shop.commit(Commit::new("hotfix: checkout").age(days(1)));
        assert_eq!(
            line(&Stage::on(&github).settings(settings).hotfixes().await),
            "2 [branch:main, repository:acme/shop]"
        );
    }
}

#[tokio::test]
async fn a_first_parent_with_an_old_date_is_followed() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.commit("hotfix: login").commit(Commit::new("Imported").age(days(900)));
    for number in 0..150 {
        shop.commit(Commit::new(format!("Change {number}")).branch("topic"));
    }
    shop.commit(Commit::new("Merge branch 'topic'").after(["main", "topic"]));

    let reading = Stage::on(&github).hotfixes().await;

    assert_eq!(line(&reading), "1 [branch:main, repository:acme/shop]");
    let queries: Vec<_> = github.requests().iter().map(|request| request.query().to_owned()).collect();
    assert_eq!(queries.len(), 2, "{queries:#?}");
}

#[tokio::test]
async fn a_long_history_with_few_recent_commits_needs_one_request() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    for number in 0..500 {
        shop.commit(Commit::new("Sell socks").age(days(800 - number)));
    }
    shop.commit("hotfix: login");

    for settings in ["", "[commits]\nhistory = \"all\""] {
        let before = github.requests().len();
        let reading = Stage::on(&github).settings(settings).hotfixes().await;
        assert_eq!(line(&reading), "1 [branch:main, repository:acme/shop]");
        assert_eq!(github.requests().len(), before + 1);
    }
}

#[tokio::test]
async fn evidence_names_what_counted_and_the_near_misses() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.commit("Sell socks")
        .commit("Revert \"Sell socks\" (#2)\n\nThis reverts commit 1234567.")
        .commit("Revert button: fix its colour")
        .commit("Reapply \"Sell socks\"")
        .commit("Sell shoes (#3)\n\n* Draft\n\n* Revert \"Draft\"\n\nThis reverts commit 1234567.");

    let sample = reverts(&Stage::on(&github).one_repository()).await.unwrap();

    let evidence = sample.evidence();
    assert_eq!((sample.value().to_string(), evidence.counted(), evidence.total()), ("1".into(), 1, 4));
    let items: Vec<_> = evidence
        .items()
        .iter()
        .map(|item| {
            let (id, subject) = item.title().split_once(' ').unwrap();
            let link = item.link().unwrap();
            assert!(link.starts_with(&format!("https://github.com/acme/shop/commit/{id}")), "{link}");
            (subject, item.is_counted(), item.reason())
        })
        .collect();
    assert_eq!(
        items,
        [
            ("Sell shoes (#3)", false, "the revert is a bullet in its body, a part of a larger change"),
            ("Reapply \"Sell socks\"", false, "it lands a reverted change again"),
            (
                "Revert button: fix its colour",
                false,
                "its subject line mentions a revert, but does not have the form of one"
            ),
            ("Revert \"Sell socks\" (#2)", true, "its subject is `Revert \"…\"`"),
        ]
    );
}

#[tokio::test]
async fn the_value_links_to_the_commits_of_the_branch() {
    let github = FakeGitHub::start();
    github.repository("acme/shop").default_branch("fix/50%").commit("Sell socks");
    let stage = |window: &str| {
        let settings = format!(
            "[repository]\nname = \"acme/shop\"\nbranch = \"fix/50%\"\n[metrics]\nwindow = \"{window}\""
        );
        Stage::empty().github(&github).token().settings(&settings)
    };
    let context = stage("1h").one_repository();

    for sample in [hotfixes(&context).await.unwrap(), reverts(&context).await.unwrap()] {
        assert_eq!(sample.link(), Some("https://github.com/acme/shop/commits/fix/50%25"));
    }
    assert_eq!(github.requests().len(), 1, "the link costs no request");
    let zero = stage("1s").started_at(SystemTime::now() + days(1)).hotfixes().await.unwrap();
    assert!(line(&Ok(zero.clone())).starts_with("0 "));
    assert_eq!(zero.link(), Some("https://github.com/acme/shop/commits/fix/50%25"));
}

#[tokio::test]
async fn nothing_to_count_is_zero_and_an_empty_repository_is_no_data() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    assert_eq!(line(&Stage::on(&github).hotfixes().await), "no data: acme/shop has no commits yet");

    shop.commit("Sell socks");
    assert_eq!(line(&Stage::on(&github).hotfixes().await), "0 [branch:main, repository:acme/shop]");
}

#[tokio::test]
async fn without_a_named_branch_the_default_branch_is_requested_once() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.default_branch("trunk")
        .commit("hotfix")
        .run(Run::new("checks.yml").job("test", Conclusion::Success));
    let context = Stage::empty()
        .github(&github)
        .token()
        .settings("[repository]\nname = \"acme/shop\"")
        .one_repository();

    let (hotfixes, tests) = tokio::join!(hotfixes(&context), tests(&context));

    assert_eq!(line(&hotfixes), "1 [branch:trunk, repository:acme/shop]");
    assert_eq!(line(&tests), "1 [branch:trunk, repository:acme/shop, workflow:checks.yml]");
    let lines: Vec<_> =
        github.requests().iter().map(system_health_test_support::server::Request::line).collect();
    assert_eq!(lines.iter().filter(|line| *line == "GET /repos/acme/shop").count(), 1, "{lines:#?}");
}

#[tokio::test]
async fn a_branch_or_a_repository_that_does_not_exist_is_an_error() {
    let github = FakeGitHub::start();
    github.repository("acme/shop").commit("hotfix");
    let reading = async |name: &str| {
        let settings = format!("[repository]\nname = \"{name}\"\nbranch = \"nope\"");
        line(&Stage::empty().github(&github).token().settings(&settings).hotfixes().await)
    };

    let expected = |name: &str| {
        format!(
            "error: cannot list the commits on the branch `nope` of {name}: GET /repos/{name}/commits: GitHub answered \
             404 Not Found: Not Found (https://docs.github.com/rest/commits/commits#list-commits); check the name, and \
             that the GitHub token may read the repository"
        )
    };
    assert_eq!(reading("acme/shop").await, expected("acme/shop"));
    assert_eq!(reading("acme/nope").await, expected("acme/nope"));
}

#[tokio::test]
async fn the_window_may_start_before_1970() {
    let github = FakeGitHub::start();
    github.repository("acme/shop").commit(Commit::new("hotfix").at(SystemTime::UNIX_EPOCH));

    let reading = Stage::on(&github).settings("[metrics]\nwindow = \"365000d\"").hotfixes().await;

    assert_eq!(line(&reading), "1 [branch:main, repository:acme/shop]");
}
