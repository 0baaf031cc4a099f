//! Both fakes as a program, for benchmarks and for trying things by hand:
//!
//! ```text
//! cargo run -p system-health-test-support --bin fake-services -- --latency 50ms --commits 250
//! ```
//!
//! Prints one line of JSON that says where they are, runs until its standard input is closed, and
//! prints a second line with all the requests that came.

use std::{
    io::{self, Read},
    process::ExitCode,
    time::Duration,
};

use serde_json::json;
use system_health_test_support::{
    datadog::DatadogIntake,
    github::{Conclusion, FakeGitHub, Run},
    server::Request,
};

const USAGE: &str = "usage: fake-services [--latency DURATION] [--commits NUMBER] [--jobs NUMBER]";

struct Options {
    latency: Duration,
    commits: u32,
    jobs: usize,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self { latency: Duration::ZERO, commits: 30, jobs: 3 };
        while let Some(name) = arguments.next() {
            let value = arguments.next().unwrap_or_default();
            let wrong = |error: &dyn std::fmt::Display| format!("{name} `{value}`: {error}");
            match &*name {
                "--latency" => {
                    options.latency = humantime::parse_duration(&value).map_err(|error| wrong(&error))?;
                }
                "--commits" => options.commits = value.parse().map_err(|error| wrong(&error))?,
                "--jobs" => options.jobs = value.parse().map_err(|error| wrong(&error))?,
                _ => return Err(format!("unknown option `{name}`")),
            }
        }
        Ok(options)
    }
}

fn main() -> ExitCode {
    match Options::read(std::env::args().skip(1)) {
        Ok(options) => {
            serve(&options);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("fake-services: {error}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn serve(options: &Options) {
    let github = FakeGitHub::start();
    github
        .repository("acme/shop")
        .commits(options.commits)
        .run(Run::new("checks.yml").jobs(options.jobs, Conclusion::Success));
    let datadog = DatadogIntake::start();
    github.set_latency(options.latency);
    datadog.server().set_latency(options.latency);

    println!(
        "{}",
        json!({
            "github": github.url(),
            "repository": "acme/shop",
            "datadog": datadog.url(),
            "datadog_api_key": DatadogIntake::KEY,
            "datadog_app_key": DatadogIntake::APP_KEY,
        })
    );
    // Whatever ends the input ends the program: a closed pipe, or Ctrl-D.
    let _ = io::stdin().read_to_end(&mut Vec::new());
    let lines = |requests: Vec<Request>| requests.iter().map(Request::line).collect::<Vec<_>>();
    println!(
        "{}",
        json!({ "github": lines(github.requests()), "datadog": lines(datadog.server().requests()) })
    );
}
