//! Pull requests that are reviewed, closed, reopened and merged.

use std::time::Duration;

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use system_health_test_support::github::{FakeGitHub, PullRequest};

use super::{DAY, NOW, Values, at, backfill, differences, instants, run, seconds};
use crate::stage::Stage;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Ready,
    Draft,
    Close,
    Reopen,
    Merge,
    Review,
    Comment,
    Push,
}

/// What happened to a pull request: its creation, and then these actions.
#[derive(Debug, Clone)]
struct Story {
    created: u64,
    as_draft: bool,
    by_bot: bool,
    lines: u64,
    happened: Vec<(u64, Action)>,
}

fn action() -> impl Strategy<Value = Action> {
    use Action::{Close, Comment, Draft, Merge, Push, Ready, Reopen, Review};
    prop_oneof![
        3 => Just(Ready), 1 => Just(Draft), 2 => Just(Close), 3 => Just(Reopen), 2 => Just(Merge),
        4 => Just(Review), 1 => Just(Comment), 1 => Just(Push),
    ]
}

fn story() -> impl Strategy<Value = Story> {
    let tried = vec((0..3 * DAY, action()), 0..10);
    (NOW - 40 * DAY..NOW, any::<bool>(), prop::bool::weighted(0.2), 1..500_u64, tried).prop_map(
        |(created, as_draft, by_bot, lines, tried)| {
            let (mut is_draft, mut is_open, mut is_merged) = (as_draft, true, false);
            let (mut now, mut happened) = (created, Vec::new());
            for (gap, action) in tried {
                now += gap;
                let is_possible = match action {
                    Action::Review | Action::Comment => true,
                    Action::Ready => is_draft && !is_merged,
                    Action::Draft => !is_draft && !is_merged,
                    Action::Close | Action::Merge | Action::Push => is_open,
                    Action::Reopen => !is_open && !is_merged,
                };
                if now > NOW || !is_possible {
                    continue;
                }
                match action {
                    Action::Ready => is_draft = false,
                    Action::Draft => is_draft = true,
                    Action::Close => is_open = false,
                    Action::Reopen => is_open = true,
                    Action::Merge => (is_open, is_merged) = (false, true),
                    Action::Review | Action::Comment | Action::Push => {}
                }
                happened.push((now, action));
            }
            Story { created, as_draft, by_bot, lines, happened }
        },
    )
}

impl Story {
    /// The pull request as GitHub shows it at the second `until`. The fake's clock must have the same time.
    fn pull_request(&self, until: u64) -> PullRequest {
        let age = |second: u64| Duration::from_secs(until - second);
        let pull_request = PullRequest::new("Sell socks").age(age(self.created)).lines(self.lines, 1);
        let pull_request = if self.by_bot { pull_request.by("renovate[bot]") } else { pull_request };
        let pull_request = if self.as_draft { pull_request.draft() } else { pull_request };
        let happened = self.happened.iter().filter(|(second, _)| *second <= until);
        happened.fold(pull_request, |pull_request, &(second, action)| match action {
            Action::Ready => pull_request.ready(age(second)),
            Action::Draft => pull_request.convert_to_draft(age(second)),
            Action::Close => pull_request.close(age(second)),
            Action::Reopen => pull_request.reopen(age(second)),
            Action::Merge => pull_request.merge(age(second)),
            Action::Review => pull_request.review(age(second), "ben"),
            Action::Comment => pull_request.comment(age(second), "ben"),
            Action::Push => pull_request.push(age(second)),
        })
    }
}

fn github(stories: &[Story], until: u64) -> FakeGitHub {
    let github = FakeGitHub::builder().now(at(until)).start();
    let shop = github.repository("acme/shop");
    for story in stories.iter().filter(|story| story.created <= until) {
        shop.pull_request(story.pull_request(until));
    }
    github
}

/// Compares the values of a run at each instant with those of a backfill, and returns the differences.
async fn compare(stories: &[Story]) -> Vec<String> {
    let settings = "[metrics.windows]\n\"prs.merged\" = \"36h\"";
    let mut runs = Values::new();
    for instant in instants().iter() {
        let github = github(stories, seconds(instant));
        runs.extend(run(Stage::on(&github).settings(settings), "prs.", instant).await);
    }
    let github = github(stories, NOW);
    let computed = backfill(Stage::on(&github).settings(settings), "prs.").await;
    assert!(github.requests().len() <= 3, "the lists are read once: {:#?}", github.requests());
    differences(&runs, &computed)
}

#[test]
fn a_backfill_of_pull_requests_has_the_values_of_runs_at_its_instants() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 4, failure_persistence: None, ..Config::default() });
    let stories = vec(story(), 0..25).prop_map(|mut stories| {
        stories.sort_by_key(|story| story.created);
        stories
    });
    let result = runner.run(&stories, |stories| {
        let differences = runtime.block_on(compare(&stories));
        if differences.is_empty() { Ok(()) } else { Err(TestCaseError::fail(format!("{differences:#?}"))) }
    });
    result.unwrap();
}
