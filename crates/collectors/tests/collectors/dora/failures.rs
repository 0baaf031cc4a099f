//! Which deployments failed, how long each failure lasted, and which deployments were made because of a failure.

use system_health_test_support::github::{Commit, Issue, PullRequest, Release, Tag, refusal};

use super::{days, deploy, evidence, hours, one_repository, push, push_and_deploy, shop, value};

/// The ratio of failed deployments, their recovery times, how many recovered, and the ratio of rework.
async fn values(context: &crate::stage::OneRepository) -> [String; 4] {
    [
        value(context, "fail_ratio").await,
        value(context, "recovery").await,
        value(context, "recoveries").await,
        value(context, "rework_ratio").await,
    ]
}

const NOT_RECOVERED: &str = "no data: there are no failed deployments whose failure has ended in the window";

#[tokio::test]
async fn a_hotfix_means_that_the_deployment_before_it_failed() {
    let (github, shop) = shop();
    push_and_deploy(&shop, "Sell socks", days(9));
    push_and_deploy(&shop, "Sell shoes", hours(100));
    push(&shop, "hotfix: sell shoes in pairs", hours(98));
    push_and_deploy(&shop, "hotfix: really", hours(96));
    push_and_deploy(&shop, "Sell hats", hours(50));
    let context = one_repository(&github, "");
    assert_eq!(values(&context).await, ["0.333", "14400 14400 14400", "1", "0.333"]);
    insta::assert_snapshot!(evidence(&context, "fail_ratio").await, @"
    + deployment of ID to production: ID hotfix: sell shoes in pairs: its subject starts with `hotfix`; ID hotfix: really: its subject starts with `hotfix`
    - deployment of ID to production: it did not fail
    - deployment of ID to production: it did not fail
    ");
    insta::assert_snapshot!(evidence(&context, "recovery").await, @"+ deployment of ID to production: its failure ended at 2025-05-28T12:00:00Z, after 4h: ID hotfix: sell shoes in pairs: its subject starts with `hotfix`; ID hotfix: really: its subject starts with `hotfix`");
    insta::assert_snapshot!(evidence(&context, "rework_ratio").await, @"
    - deployment of ID to production: it was not made because of a failure
    + deployment of ID to production: it brought ID hotfix: sell shoes in pairs
    - deployment of ID to production: it was not made because of a failure
    ");
}

#[tokio::test]
async fn a_revert_means_that_the_deployment_that_brought_the_commit_failed() {
    let (github, shop) = shop();
    push_and_deploy(&shop, "Sell socks", days(9));
    push_and_deploy(&shop, "Sell shoes", hours(100));
    push_and_deploy(&shop, "Sell hats", hours(95));
    push_and_deploy(&shop, "Revert \"Sell shoes\"", hours(90));
    let context = one_repository(&github, "");
    assert_eq!(values(&context).await, ["0.333", "36000 36000 36000", "1", "0.333"]);
    insta::assert_snapshot!(evidence(&context, "fail_ratio").await, @r#"
    + deployment of ID to production: ID Revert "Sell shoes": its subject is `Revert "…"`
    - deployment of ID to production: it did not fail
    - deployment of ID to production: it did not fail
    "#);
}

#[tokio::test]
async fn a_commit_that_lands_again_with_its_revert_is_not_the_reverted_commit() {
    for (subject, revert, again) in [
        ("Sell shoes", "Revert \"Sell shoes\"\n\nThis reverts commit ID.", "Sell shoes"),
        ("Sell shoes (#12)", "Revert \"Sell shoes (#12)\"", "Sell shoes (#14)"),
        ("Sell shoes (#12)", "Revert \"Sell shoes\" (#13)\n\nReverts acme/shop#12", "Sell shoes (#14)"),
    ] {
        let (github, shop) = shop();
        push_and_deploy(&shop, "Sell socks", days(9));
        let shoes = push_and_deploy(&shop, subject, hours(100));
        push(&shop, &revert.replace("ID", &shoes), hours(98));
        push_and_deploy(&shop, again, hours(90));
        let context = one_repository(&github, "");
        assert_eq!(values(&context).await, ["0.5", "36000 36000 36000", "1", "0.5"], "{revert}");
    }
}

#[tokio::test]
async fn a_revert_of_something_that_was_not_deployed_is_not_a_failure() {
    let (github, shop) = shop();
    push_and_deploy(&shop, "Sell socks", days(9));
    push_and_deploy(&shop, "Sell shoes", hours(100));
    let hats = push(&shop, "Sell hats", hours(98));
    push_and_deploy(&shop, &format!("Undo the hats\n\nThis reverts commit {hats}.\n\nRevert"), hours(97));
    push(&shop, "Sell coats", hours(96));
    push_and_deploy(&shop, "Revert \"Sell coats\"", hours(94));
    let context = one_repository(&github, "");
    assert_eq!(values(&context).await, ["0", NOT_RECOVERED, "0", "0"]);
    insta::assert_snapshot!(evidence(&context, "fail_ratio").await, @r#"
    - deployment of ID to production: it did not fail
    - deployment of ID to production: it did not fail
    - deployment of ID to production: it did not fail
    - ID Undo the hats: it reverts a commit that was not deployed before it
    - ID Revert "Sell coats": it reverts a commit that was not deployed before it
    "#);
}

#[tokio::test]
async fn a_hotfix_after_the_failure_window_is_not_a_failure() {
    let (github, shop) = shop();
    push_and_deploy(&shop, "Sell socks", days(9));
    push_and_deploy(&shop, "Sell shoes", hours(100));
    push_and_deploy(&shop, "hotfix: sell shoes in pairs", hours(74));
    assert_eq!(values(&one_repository(&github, "")).await, ["0", NOT_RECOVERED, "0", "0"]);
    let longer = one_repository(&github, "[dora]\nfailure_window = '25h'");
    assert_eq!(values(&longer).await, ["0.5", "93600 93600 93600", "1", "0.5"]);
}

#[tokio::test]
async fn a_hotfix_with_the_date_of_its_own_deployment_is_about_the_deployment_before_it() {
    let (github, shop) = shop();
    // A lightweight tag has the date of its commit.
    for (tag, message, age) in [
        ("v1", "Sell socks", days(9)),
        ("v2", "Sell shoes", hours(100)),
        ("v3", "hotfix: sell shoes in pairs", hours(96)),
    ] {
        let commit = push(&shop, message, age);
        shop.tag(Tag::new(tag, commit));
    }
    let context = one_repository(&github, "[dora]\ndeployments = 'tags'");
    assert_eq!(values(&context).await, ["0.5", "14400 14400 14400", "1", "0.5"]);
}

#[tokio::test]
async fn a_hotfix_that_is_not_deployed_yet_is_a_failure_that_has_not_ended() {
    let (github, shop) = shop();
    push_and_deploy(&shop, "Sell socks", days(9));
    push_and_deploy(&shop, "Sell shoes", hours(10));
    push(&shop, "hotfix: sell shoes in pairs", hours(2));
    let context = one_repository(&github, "");
    assert_eq!(values(&context).await, ["1", NOT_RECOVERED, "0", "0"]);
    insta::assert_snapshot!(evidence(&context, "recovery").await, @"- deployment of ID to production: its failure has not ended: ID hotfix: sell shoes in pairs: its subject starts with `hotfix`, and the commit was not deployed yet");
}

#[tokio::test]
async fn a_rollback_means_that_the_deployment_before_it_failed_and_ends_the_failure() {
    let (github, shop) = shop();
    let first = push_and_deploy(&shop, "Sell socks", days(9));
    push_and_deploy(&shop, "Sell shoes", hours(100));
    deploy(&shop, &first, hours(99));
    // The hotfix is about the deployment that was rolled back.
    push_and_deploy(&shop, "hotfix: sell shoes in pairs", hours(90));
    shop.issue(Issue::new("No shoes").label("incident").age(hours(99)));
    let context = one_repository(&github, "");
    assert_eq!(values(&context).await, ["0.333", "3600 3600 3600", "1", "0.667"]);
    insta::assert_snapshot!(evidence(&context, "fail_ratio").await, @"
    + deployment of ID to production: it was rolled back by the deployment of ID to production; ID hotfix: sell shoes in pairs: its subject starts with `hotfix`; incident #1 No shoes, which is open
    - deployment of ID to production: it did not fail
    - deployment of ID to production: it did not fail
    ");
}

#[tokio::test]
async fn a_deployed_hotfix_is_not_pending_after_a_rollback() {
    let (github, shop) = shop();
    push_and_deploy(&shop, "Sell socks", days(9));
    let shoes = push_and_deploy(&shop, "Sell shoes", hours(100));
    push_and_deploy(&shop, "hotfix: sell shoes in pairs", hours(96));
    // This rollback is too late to mean that the hotfix failed, and the branch still contains the hotfix.
    deploy(&shop, &shoes, hours(60));
    let context = one_repository(&github, "");
    assert_eq!(values(&context).await, ["0.333", "14400 14400 14400", "1", "0.333"]);
    insta::assert_snapshot!(evidence(&context, "recovery").await, @"+ deployment of ID to production: its failure ended at 2025-05-28T12:00:00Z, after 4h: ID hotfix: sell shoes in pairs: its subject starts with `hotfix`");
}

#[tokio::test]
async fn a_rollback_does_not_end_an_incident_that_is_opened_later() {
    let (github, shop) = shop();
    let first = push_and_deploy(&shop, "Sell socks", days(9));
    push_and_deploy(&shop, "Sell shoes", hours(100));
    deploy(&shop, &first, hours(99));
    shop.issue(Issue::new("No shoes").label("incident").age(hours(98)));
    assert_eq!(values(&one_repository(&github, "")).await, ["0.5", NOT_RECOVERED, "0", "0.5"]);
    shop.replace_issue(1, Issue::new("No shoes").label("incident").age(hours(98)).close(hours(95)));
    assert_eq!(values(&one_repository(&github, "")).await, ["0.5", "18000 18000 18000", "1", "0.5"]);
}

#[tokio::test]
async fn a_rollback_after_the_failure_window_is_not_a_failure() {
    let (github, shop) = shop();
    let first = push_and_deploy(&shop, "Sell socks", days(9));
    push_and_deploy(&shop, "Sell shoes", hours(100));
    deploy(&shop, &first, hours(70));
    assert_eq!(values(&one_repository(&github, "")).await, ["0", NOT_RECOVERED, "0", "0"]);
}

#[tokio::test]
async fn an_incident_belongs_to_the_deployment_before_it_unless_it_names_another_one() {
    let (github, shop) = shop();
    push_and_deploy(&shop, "Sell socks", days(9));
    let shoes = push_and_deploy(&shop, "Sell shoes", hours(100));
    push_and_deploy(&shop, "Sell hats", hours(90));
    shop.issue(Issue::new("No socks").label("incident").age(hours(95)).close(hours(92)))
        .issue(Issue::new("No hats").label("incident").age(hours(85)).close(hours(80)))
        .issue(Issue::new("Blue hats").label("incident").age(hours(84)).close(hours(82)))
        .issue(
            Issue::new("No shoes")
                .label("incident")
                .age(hours(70))
                .body(format!("Since {shoes}"))
                .close(hours(60)),
        )
        .issue(Issue::new("Not one").age(hours(70)))
        .issue(Issue::new("Wrong").label("incident").age(hours(70)).close_as(hours(1), Some("NOT_PLANNED")))
        .issue(Issue::new("Twice").label("incident").age(hours(70)).close_as(hours(1), Some("DUPLICATE")));
    let context = one_repository(&github, "");
    // The failures lasted 40 h and 10 h. No deployment was made because of these incidents.
    assert_eq!(values(&context).await, ["1", "90000 133200 142920", "2", "0"]);
    insta::assert_snapshot!(evidence(&context, "recovery").await, @"
    + deployment of ID to production: its failure ended at 2025-05-30T00:00:00Z, after 1day 16h: incident #1 No socks; incident #4 No shoes
    + deployment of ID to production: its failure ended at 2025-05-29T04:00:00Z, after 10h: incident #2 No hats; incident #3 Blue hats
    - #6 Wrong: it was closed as not planned or as a duplicate
    - #7 Twice: it was closed as not planned or as a duplicate
    ");
}

#[tokio::test]
async fn an_open_incident_is_a_failure_that_has_not_ended() {
    let (github, shop) = shop();
    push_and_deploy(&shop, "Sell socks", days(9));
    push_and_deploy(&shop, "Sell shoes", hours(100));
    shop.issue(Issue::new("No shoes").label("incident").age(hours(95)))
        .issue(Issue::new("No socks").label("incident").age(hours(95)).close(hours(90)));
    assert_eq!(values(&one_repository(&github, "")).await, ["1", NOT_RECOVERED, "0", "0"]);
}

#[tokio::test]
async fn a_fix_ends_an_incident_when_it_is_deployed_and_not_when_it_closes_the_issue() {
    let (github, shop) = shop();
    push_and_deploy(&shop, "Sell socks", days(9));
    push_and_deploy(&shop, "Sell shoes", hours(100));
    shop.issue(Issue::new("No shoes").label("incident").age(hours(95)).close(hours(90)));
    push(&shop, "Sell them in pairs\n\nFixes #1", hours(90));
    assert_eq!(values(&one_repository(&github, "")).await, ["1", NOT_RECOVERED, "0", "0"]);
    push_and_deploy(&shop, "Sell hats", hours(80));
    assert_eq!(values(&one_repository(&github, "")).await, ["0.5", "72000 72000 72000", "1", "0.5"]);
}

#[tokio::test]
async fn an_incident_that_was_reopened_ends_with_the_next_fix_or_when_it_is_closed() {
    let (github, shop) = shop();
    let issue = || Issue::new("No shoes").label("incident").age(hours(95));
    push_and_deploy(&shop, "Sell socks", days(9));
    push_and_deploy(&shop, "Sell shoes", hours(100));
    shop.issue(issue());
    push_and_deploy(&shop, "Sell them in pairs\n\nFixes #1", hours(90));

    // The issue was closed before the fix was deployed, and once more after it.
    shop.replace_issue(1, issue().close(hours(91)).reopen(hours(90)).close(hours(10)));
    assert_eq!(values(&one_repository(&github, "")).await, ["0.5", "36000 36000 36000", "1", "0.5"]);
    shop.replace_issue(1, issue().close(hours(91)).reopen(hours(80)));
    assert_eq!(values(&one_repository(&github, "")).await, ["0.5", NOT_RECOVERED, "0", "0.5"]);
    insta::assert_snapshot!(evidence(&one_repository(&github, ""), "recovery").await, @"- deployment of ID to production: its failure has not ended: incident #1 No shoes, which is open");
    shop.replace_issue(1, issue().close(hours(91)).reopen(hours(80)).close(hours(70)));
    assert_eq!(values(&one_repository(&github, "")).await, ["0.5", "108000 108000 108000", "1", "0.5"]);

    // The second fix is deployed 25 hours after the failure.
    push_and_deploy(&shop, "Sell pairs of shoes\n\nFixes #1", hours(75));
    assert_eq!(values(&one_repository(&github, "")).await, ["0.333", "90000 90000 90000", "1", "0.667"]);
}

#[tokio::test]
async fn an_incident_before_any_known_deployment_is_not_a_failure() {
    let (github, shop) = shop();
    shop.issue(Issue::new("No socks").label("incident").age(hours(120)).close(hours(110)));
    push_and_deploy(&shop, "Sell shoes", hours(100));
    let context = one_repository(&github, "");
    assert_eq!(values(&context).await, ["0", NOT_RECOVERED, "0", "0"]);
    insta::assert_snapshot!(evidence(&context, "fail_ratio").await, @"
    - deployment of ID to production: it did not fail
    - #1 No socks: no earlier deployment is known
    ");
}

#[tokio::test]
async fn the_labels_of_incidents_are_those_of_the_settings() {
    let (github, shop) = shop();
    push_and_deploy(&shop, "Sell socks", days(9));
    push_and_deploy(&shop, "Sell shoes", hours(100));
    shop.issue(Issue::new("No shoes").label("outage").label("sev1").age(hours(95)).close(hours(90)));
    for (labels, ratio) in [("'outage', ' sev1 '", "1"), ("'sev2'", "0"), ("", "0")] {
        let context = one_repository(&github, &format!("[dora]\nincident_labels = [{labels}]"));
        assert_eq!(value(&context, "fail_ratio").await, ratio, "{labels}");
    }
}

#[tokio::test]
async fn the_hotfix_of_a_merged_branch_landed_with_the_merge() {
    let (github, shop) = shop();
    push_and_deploy(&shop, "Sell socks", days(9));
    shop.commit(Commit::new("hotfix: sell shoes").branch("hotfix").after(["main"]).age(hours(105)));
    push_and_deploy(&shop, "Sell shoes", hours(100));
    shop.commit(Commit::new("Merge branch 'hotfix'").after(["main", "hotfix"]).age(hours(99)));
    deploy(&shop, &shop.tip("main"), hours(98));
    for history in ["first-parent", "all"] {
        let context = one_repository(&github, &format!("[commits]\nhistory = '{history}'"));
        assert_eq!(values(&context).await, ["0.5", "7200 7200 7200", "1", "0.5"], "{history}");
    }
}

#[tokio::test]
async fn commits_of_a_merged_branch_mean_failures_only_with_all_history() {
    let (github, shop) = shop();
    push_and_deploy(&shop, "Sell socks", days(9));
    push_and_deploy(&shop, "Sell shoes", hours(100));
    for (message, age) in [("Log everything", 101), ("revert: log everything", 98), ("hotfix: hats", 97)] {
        shop.commit(Commit::new(message).branch("hats").age(hours(age)));
    }
    shop.commit(Commit::new("Sell hats (#7)").after(["main", "hats"]).age(hours(96)));
    deploy(&shop, &shop.tip("main"), hours(95));
    assert_eq!(values(&one_repository(&github, "")).await, ["0", NOT_RECOVERED, "0", "0"]);
    let all = one_repository(&github, "[commits]\nhistory = 'all'");
    assert_eq!(values(&all).await, ["0.5", "18000 18000 18000", "1", "0.5"]);
}

#[tokio::test]
async fn a_label_of_the_pull_request_makes_a_commit_a_revert_or_a_hotfix() {
    let labels = "[commits]\nhotfix_labels = ['HotFix']\nrevert_labels = ['revert']";
    let merged = || PullRequest::new("Shoes").age(days(3)).merge(hours(99));
    for (pull_request, expected) in [
        (merged().labelled("hotfix"), "0.5"),
        (merged().labelled("bug").labelled("Revert"), "0.5"),
        (merged().labelled("bug"), "0"),
        (PullRequest::new("Open").labelled("hotfix"), "0"),
        (merged().labelled("hotfix").base("develop"), "0"),
        // The branch `master` may have been renamed to `main`.
        (merged().labelled("hotfix").base("master"), "0.5"),
    ] {
        let (github, shop) = shop();
        shop.commit(Commit::new("Base").branch("develop"));
        push_and_deploy(&shop, "Sell socks", days(9));
        push_and_deploy(&shop, "Sell shoes", hours(100));
        shop.pull_request(pull_request.clone());
        shop.commit(Commit::new("Sell pairs (#1)").pull_request(1).age(hours(99)));
        deploy(&shop, &shop.tip("main"), hours(98));
        assert_eq!(value(&one_repository(&github, ""), "fail_ratio").await, "0", "{pull_request:?}");
        let context = one_repository(&github, labels);
        assert_eq!(value(&context, "fail_ratio").await, expected, "{pull_request:?}");
        assert_eq!(value(&context, "rework_ratio").await, expected, "{pull_request:?}");
    }
}

#[tokio::test]
async fn a_label_counts_for_the_merge_of_its_pull_request() {
    let (github, shop) = shop();
    push_and_deploy(&shop, "Sell socks", days(9));
    shop.pull_request(PullRequest::new("Pairs").age(days(5)).merge(hours(99)).labelled("hotfix"));
    shop.commit(Commit::new("Sell pairs").branch("pairs").after(["main"]).pull_request(1).age(hours(105)));
    push_and_deploy(&shop, "Sell shoes", hours(100));
    let merge = Commit::new("Merge pull request #1 from acme/pairs").after(["main", "pairs"]);
    shop.commit(merge.pull_request(1).age(hours(99)));
    deploy(&shop, &shop.tip("main"), hours(98));
    for history in ["first-parent", "all"] {
        let settings = format!("[commits]\nhotfix_labels = ['hotfix']\nhistory = '{history}'");
        let context = one_repository(&github, &settings);
        assert_eq!(values(&context).await, ["0.5", "7200 7200 7200", "1", "0.5"], "{history}");
    }
}

#[tokio::test]
async fn a_label_counts_before_the_commit_is_deployed() {
    let (github, shop) = shop();
    push_and_deploy(&shop, "Sell socks", days(9));
    push_and_deploy(&shop, "Sell shoes", hours(10));
    shop.pull_request(PullRequest::new("Shoes").age(days(3)).merge(hours(2)).labelled("hotfix"));
    shop.commit(Commit::new("Sell pairs (#1)").pull_request(1).age(hours(2)));
    let context = one_repository(&github, "[commits]\nhotfix_labels = ['hotfix']");
    assert_eq!(values(&context).await, ["1", NOT_RECOVERED, "0", "0"]);
    insta::assert_snapshot!(evidence(&context, "recovery").await, @"- deployment of ID to production: its failure has not ended: ID Sell pairs (#1): its pull request #1 has the label `hotfix`, and the commit was not deployed yet");
}

#[tokio::test]
async fn metrics_about_failures_share_their_requests() {
    let (github, shop) = shop();
    push_and_deploy(&shop, "Sell socks", days(9));
    push_and_deploy(&shop, "Sell shoes", hours(100));
    let context = one_repository(&github, "");
    values(&context).await;
    // The deployments, two comparisons, pull requests and incidents.
    assert_eq!(github.requests().len(), 5, "{:#?}", github.requests());
}

#[tokio::test]
async fn without_the_permission_to_read_issues_there_is_no_data() {
    let (github, shop) = shop();
    push_and_deploy(&shop, "Sell socks", days(9));
    let forbidden = refusal::query_error("FORBIDDEN", "Resource not accessible by integration");
    let context = one_repository(&github, "");
    // The first query is about deployments, and there is nothing in the window to compare.
    value(&context, "frequency").await;
    github.fail("/graphql", forbidden);
    let value = value(&context, "fail_ratio").await;
    let expected = "no data: the GitHub token needs the permission `Issues` (read) for acme/shop";
    assert!(value.starts_with(expected), "{value}");
}

#[tokio::test]
async fn without_the_branch_it_is_unknown_which_commits_are_not_deployed() {
    let (github, shop) = shop();
    for (message, tag, age) in [("Sell socks", "v1", days(9)), ("Sell shoes", "v2", hours(10))] {
        let commit = push(&shop, message, age + hours(1));
        shop.release(Release::new(tag, &commit).age(age));
    }
    push(&shop, "hotfix: sell shoes in pairs", hours(2));
    let releases = "[dora]\ndeployments = 'releases'";
    assert_eq!(value(&one_repository(&github, releases), "fail_ratio").await, "1");

    shop.rename_branch("main", "trunk");
    for metric in ["fail_ratio", "recovery", "rework_ratio"] {
        let value = value(&one_repository(&github, releases), metric).await;
        assert_eq!(value, "error: the branch `main` of acme/shop was renamed to `trunk`", "{metric}");
    }
    assert_eq!(value(&one_repository(&github, releases), "frequency").await, "0.143");
}

#[tokio::test]
async fn the_evidence_says_if_github_cannot_compare_the_last_deployment_with_the_branch() {
    let (github, shop) = shop();
    push_and_deploy(&shop, "Sell socks", days(9));
    push_and_deploy(&shop, "Sell shoes", hours(30));
    let nothing: [&str; 0] = [];
    shop.commit(Commit::new("Start again").branch("rewritten").after(nothing).age(hours(11)));
    deploy(&shop, &shop.tip("rewritten"), hours(10));
    push(&shop, "hotfix: sell shoes in pairs", hours(2));
    let context = one_repository(&github, "");
    assert_eq!(value(&context, "fail_ratio").await, "0");
    insta::assert_snapshot!(evidence(&context, "fail_ratio").await, @"
    - deployment of ID to production: it did not fail
    - deployment of ID to production: it did not fail
    - commits that were not deployed yet: they are unknown: GitHub cannot compare the branch with the last deployed commit ID
    ");
}
