//! What the metrics ask of GitHub is what GitHub describes: its own description checks every request
//! and every answer.

use system_health_test_support::github::{Conclusion, FakeGitHub, Run, contract};

use crate::stage::{Stage, TOKEN, hotfixes, tests};

#[tokio::test]
#[ignore = "needs GitHub's API description: run cargo xtask test"]
async fn every_request_is_one_that_github_describes() {
    let github = FakeGitHub::builder().token(TOKEN).start();
    let shop = github.repository("acme/old");
    shop.rename("acme/shop").commits(250).run(Run::new("checks.yml").jobs(150, Conclusion::Success));
    let settings = "[repository]\nname = \"acme/old\"\n";
    let context = Stage::empty().github(&github).token().settings(settings).context();

    hotfixes(&context).await.unwrap();
    tests(&context).await.unwrap();

    let exchanges = github.exchanges();
    // The repository under its old and its new name, three pages of commits, the runs, two pages of jobs.
    assert!(exchanges.len() >= 8, "{exchanges:#?}");
    contract::check(&exchanges);
}

#[tokio::test]
#[ignore = "needs GitHub's API description: run cargo xtask test"]
async fn the_check_refuses_what_github_does_not_describe() {
    let github = FakeGitHub::builder().token(TOKEN).start();
    github.repository("acme/shop").commits(3);
    hotfixes(&Stage::on(&github).context()).await.unwrap();
    let mut exchanges = github.exchanges();
    exchanges[0].query.push_str("&per_pages=100");

    let problems = contract::problems(&exchanges);

    assert!(problems[0].iter().any(|problem| problem.contains("per_pages")), "{problems:?}");
}
