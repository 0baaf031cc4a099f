//! The fakes of GitHub and Datadog as a program, for benchmarks and for trying things by hand:
//!
//! ```text
//! cargo run -p system-health-test-support --bin fake-services -- --latency 50ms --commits 250
//! ```
//!
//! Prints one line of JSON with the URLs of the fakes, runs until its standard input is closed, and
//! prints a last line with all the requests that came.
//!
//! With `--repositories NUMBER`, there are many repositories. Their histories are generated from `--seed`, and the rate limit is
//! never reached.
//!
//! Each line of the standard input is a command: `change NUMBER` changes that many repositories, and a line that does not start
//! with `change` changes none. After each line, one line of JSON says how many repositories changed, and how many requests have
//! counted against the rate limit so far. A number that cannot be read ends the program with an error.

use std::{
    io::{self, BufRead},
    process::ExitCode,
    time::Duration,
};

use serde_json::json;
use system_health_test_support::{
    datadog::DatadogIntake,
    github::{Conclusion, FakeGitHub, Run},
    server::Request,
};

const USAGE: &str = "usage: fake-services [--latency DURATION] [--commits NUMBER] [--jobs NUMBER] \
                     [--repositories NUMBER] [--seed NUMBER]";

struct Options {
    latency: Duration,
    commits: u32,
    jobs: usize,
    /// 0 for the single repository `acme/shop`.
    repositories: usize,
    seed: u64,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self { latency: Duration::ZERO, commits: 30, jobs: 3, repositories: 0, seed: 1 };
        while let Some(name) = arguments.next() {
            let value = arguments.next().unwrap_or_default();
            let message = |error: &dyn std::fmt::Display| format!("{name} `{value}`: {error}");
            match &*name {
                "--latency" => {
                    options.latency = humantime::parse_duration(&value).map_err(|error| message(&error))?;
                }
                "--commits" => options.commits = value.parse().map_err(|error| message(&error))?,
                "--repositories" => options.repositories = value.parse().map_err(|error| message(&error))?,
                "--seed" => options.seed = value.parse().map_err(|error| message(&error))?,
                "--jobs" => options.jobs = value.parse().map_err(|error| message(&error))?,
                _ => return Err(format!("unknown option `{name}`")),
            }
        }
        Ok(options)
    }
}

fn main() -> ExitCode {
    match Options::read(std::env::args().skip(1)).and_then(|options| serve(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fake-services: {error}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn serve(options: &Options) -> Result<(), String> {
    let (github, names) = if options.repositories == 0 {
        start_with_one_repository(options)
    } else {
        start_with_many_repositories(options)
    };
    let datadog = DatadogIntake::start();
    github.set_latency(options.latency);
    datadog.server().set_latency(options.latency);

    println!(
        "{}",
        json!({
            "github": github.url(),
            "repository": names[0],
            "repositories": names,
            "datadog": datadog.url(),
            "datadog_api_key": DatadogIntake::KEY,
            "datadog_app_key": DatadogIntake::APP_KEY,
        })
    );
    // Whatever ends the input ends the program: a closed pipe, or Ctrl-D.
    for (round, line) in io::stdin().lock().lines().map_while(Result::ok).enumerate() {
        let count = names.len().min(requested_changes(&line)?);
        change(&github, &names, count, options.seed.wrapping_add(round as u64));
        println!("{}", json!({ "changed": count, "counted_requests": github.counted_requests() }));
    }
    let lines = |requests: Vec<Request>| requests.iter().map(Request::line).collect::<Vec<_>>();
    println!(
        "{}",
        json!({ "github": lines(github.requests()), "datadog": lines(datadog.server().requests()) })
    );
    Ok(())
}

/// The number of repositories that a line asks to change.
fn requested_changes(line: &str) -> Result<usize, String> {
    match line.strip_prefix("change") {
        Some(count) => count.trim().parse::<usize>().map_err(|error| format!("`{line}`: {error}")),
        None => Ok(0),
    }
}

fn start_with_one_repository(options: &Options) -> (FakeGitHub, Vec<String>) {
    let github = FakeGitHub::start();
    github
        .repository("acme/shop")
        .commits(options.commits)
        .run(Run::new("checks.yml").jobs(options.jobs, Conclusion::Success));
    (github, vec!["acme/shop".to_owned()])
}

fn start_with_many_repositories(options: &Options) -> (FakeGitHub, Vec<String>) {
    let github = FakeGitHub::builder().rate_limit(u32::MAX).forget_answers().start();
    let names = github.repositories(options.repositories, |number, repository| {
        repository.seeded_history(options.seed.wrapping_mul(1_000_003).wrapping_add(number as u64));
    });
    (github, names)
}

/// Changes a number of repositories. If all rounds change the same number, each one continues where the previous one ended.
fn change(github: &FakeGitHub, names: &[String], count: usize, seed: u64) {
    let first = usize::try_from(seed).unwrap_or_default().wrapping_mul(count);
    for number in 0..count {
        let name = &names[first.wrapping_add(number) % names.len()];
        github.repository(name).seeded_change(seed.wrapping_add(number as u64));
    }
}
