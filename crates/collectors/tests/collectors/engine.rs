//! The metrics as a program finds and runs them.

use system_health_registry::{Catalog, Engine, State};
use system_health_test_support::github::{Conclusion, FakeGitHub, Run};

use crate::stage::Stage;

#[tokio::test]
async fn a_program_that_links_this_crate_finds_and_runs_its_metrics() {
    let github = FakeGitHub::start();
    github
        .repository("acme/shop")
        .commit("hotfix")
        .run(Run::new("checks.yml").job("test", Conclusion::Success));
    let catalog = Catalog::linked().unwrap();

    let run = Engine::new().run(&catalog, &Stage::on(&github).context()).await;

    let outcomes: Vec<_> =
        run.outcomes().iter().map(|outcome| (outcome.metric.key(), &outcome.state)).collect();
    let [
        ("ci.tests_passing_on_main", State::Value(tests)),
        ("commits.hotfix", State::Value(hotfixes)),
        ("commits.reverts", State::Value(reverts)),
    ] = outcomes[..]
    else {
        panic!("{outcomes:#?}");
    };
    assert_eq!([tests, hotfixes, reverts].map(|samples| samples[0].value().to_string()), ["1", "1", "0"]);
}
