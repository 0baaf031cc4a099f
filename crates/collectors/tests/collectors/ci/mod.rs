//! The metrics `ci.*`, with every request to a fake GitHub. `src/ci/random_histories.rs` tests without requests which run
//! decides in random histories.

mod answers;
mod evidence;
mod jobs;
mod lists;
mod required_checks;
mod running;
mod runs;
mod state;
mod state_random;
mod volume;

use system_health_registry::{Evidence, Sample, Unavailable};
use system_health_test_support::github::{
    Conclusion::{Failure, Skipped, Success},
    FakeGitHub, Repository, Run,
};

use crate::stage::{Stage, line};

const TAGS: &str = "[branch:main, repository:acme/shop, workflow:checks.yml]";

/// The reading of these runs, from the oldest to the newest. The workflows `checks.yml` and `ci.yml` exist.
async fn reading(settings: &str, runs: impl IntoIterator<Item = Run>) -> String {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.workflow("checks.yml").workflow("ci.yml");
    for run in runs {
        shop.run(run);
    }
    shown(&Stage::on(&github).settings(settings).tests().await)
}

/// The reading as a line, with `[…]` in place of its tags.
fn shown(reading: &Result<Sample, Unavailable>) -> String {
    line(reading).replace(TAGS, "[…]")
}

/// The paths of all requests, without the part that all paths have in common.
fn requests(github: &FakeGitHub) -> Vec<String> {
    let path = |target: &str| {
        target.split_once("/acme/shop/").map_or(target.to_owned(), |(_, rest)| rest.to_owned())
    };
    github.requests().iter().map(|request| path(&request.target)).collect()
}

fn evidence(reading: &Result<Sample, Unavailable>) -> &Evidence {
    match reading {
        Ok(sample) => sample.evidence(),
        Err(Unavailable::NoData(no_data)) => no_data.evidence(),
        Err(Unavailable::Error(error)) => panic!("{error}"),
    }
}

/// The evidence in lines: `+ title: reason`, or `-` for what did not count.
fn evidence_lines(reading: &Result<Sample, Unavailable>) -> Vec<String> {
    let sign = |counted| if counted { '+' } else { '-' };
    let items = evidence(reading).items().iter();
    items.map(|item| format!("{} {}: {}", sign(item.is_counted()), item.title(), item.reason())).collect()
}

fn checks() -> Run {
    Run::new("checks.yml")
}

fn passed() -> Run {
    checks().job("test", Success)
}

fn failed() -> Run {
    checks().conclusion(Failure).job("test", Failure)
}

/// A run whose job `test` was skipped and whose job `docs` passed.
fn docs() -> Run {
    checks().job("test", Skipped).job("docs", Success)
}

/// A run for a pull request from another branch of the repository.
fn pull_request() -> Run {
    checks().branch("feature").event("pull_request")
}

fn jobs_setting(patterns: &str) -> String {
    format!("[ci]\njobs = [{patterns}]")
}

/// Adds these runs, and then so many runs of pull requests that the newest page of all runs contains only those.
fn add_runs_and_fill_newest_page(shop: &Repository, on_main: impl IntoIterator<Item = Run>) {
    for run in on_main {
        shop.run(run);
    }
    for _ in 0..100 {
        shop.run(pull_request());
    }
}
