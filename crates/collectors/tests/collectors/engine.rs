//! The metrics as a program finds and runs them.

use std::collections::BTreeMap;

use system_health_registry::{Catalog, Engine};
use system_health_test_support::github::{Conclusion, FakeGitHub, Run};

use crate::stage::{Stage, enabled_metrics};

#[tokio::test]
async fn a_program_that_links_this_crate_finds_and_runs_its_metrics() {
    let github = FakeGitHub::start();
    github
        .repository("acme/shop")
        .commit("hotfix")
        .run(Run::new("checks.yml").job("test", Conclusion::Success));
    let catalog = enabled_metrics();

    let run = Engine::new().run(&catalog, &Stage::on(&github).context()).await;

    let values = run.outcomes().iter().map(|outcome| {
        let Ok(reading) = &outcome.result else { panic!("{outcome:#?}") };
        (outcome.metric.key(), reading.samples()[0].value().to_string())
    });
    let [one, zero] = ["1", "0"].map(str::to_owned);
    assert_eq!(
        values.collect::<Vec<_>>(),
        [("ci.tests_passing_on_main", one.clone()), ("commits.hotfix", one), ("commits.reverts", zero)]
    );
}

#[tokio::test]
async fn metrics_share_each_response_of_github() {
    let github = FakeGitHub::start();
    github.repository("acme/shop").seeded_history(7);
    let linked = Catalog::linked().unwrap();
    let catalog = Catalog::new(linked.metrics().iter().filter(|it| !it.key().starts_with("aws.")).cloned());

    Engine::new().run(&catalog.unwrap(), &Stage::on(&github).context()).await;

    let mut asked = BTreeMap::<String, usize>::new();
    for request in github.requests() {
        let question = format!("{} {}", request.line(), String::from_utf8_lossy(&request.body));
        *asked.entry(question).or_default() += 1;
    }
    asked.retain(|_, count| *count > 1);
    assert_eq!(asked, BTreeMap::new());
}
