//! A scenario, and the fake services that it runs against.

use std::{
    collections::BTreeSet,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use system_health_test_support::{
    datadog::DatadogIntake,
    github::FakeGitHub,
    scene::{ProgramOutput, Scene, next_second},
    wire::{FaultyServer, Upstream},
};

pub(crate) const TOKEN: &str = "ghp_0123456789012345678901234567890123ab";

/// How long a test waits for something that a run or a server does, before it fails.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// A row of the table in `docs/reliability.md`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Scenario {
    pub(crate) place: &'static str,
    pub(crate) fault: String,
    pub(crate) delivered: &'static str,
    pub(crate) status: i32,
}

/// GitHub and Datadog without faults. There is one commit that mentions a hotfix.
pub(crate) struct World {
    pub(crate) github: FakeGitHub,
    pub(crate) intake: DatadogIntake,
}

impl World {
    pub(crate) fn new() -> Self {
        let github = FakeGitHub::builder().token(TOKEN).start();
        github.repository("acme/shop").commit("hotfix");
        Self { github, intake: DatadogIntake::start() }
    }

    /// A scene with everything that a run needs in its environment.
    pub(crate) fn scene(&self) -> Scene {
        Scene::new(env!("CARGO_BIN_EXE_test-report"))
            .file("system-health.toml", "[repository]\nname = 'acme/shop'\nbranch = 'main'\n")
            .variable("GITHUB_API_URL", self.github.url())
            .variable("GITHUB_TOKEN", TOKEN)
            .variable("DD_URL", self.intake.url())
            .variable("DD_API_KEY", DatadogIntake::KEY)
    }

    /// The values of a metric that reached Datadog, each with its time.
    pub(crate) fn delivered(&self, key: &str) -> BTreeSet<(i64, String)> {
        let points = self.intake.points();
        let points = points.iter().filter(|point| point.metric == key);
        points.map(|point| (point.timestamp, point.value.to_string())).collect()
    }
}

/// The upstream at a URL.
pub(crate) fn upstream(url: &str) -> Upstream {
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    Upstream::Server(address.parse().expect("the address of a fake"))
}

/// The first delivery in the document of a run.
pub(crate) fn delivery(ended: &ProgramOutput) -> Value {
    ended.json()["deliveries"][0].clone()
}

/// Fixes the fault and runs again. Checks that this run also delivers the points that the first run left.
pub(crate) fn check_recovery(
    scene: &Scene,
    server: &FaultyServer,
    arguments: &[&str],
    first: &ProgramOutput,
) {
    server.heal();
    let left = delivery(first)["left"].clone();
    next_second();
    let second = scene.run(arguments).with_status(0);
    assert_eq!(delivery(&second)["points_of_earlier_runs"], left, "{second}");
    assert_eq!(delivery(&second)["left"], 0, "{second}");
}

/// Starts a run, and kills it when `wait` returns.
pub(crate) fn kill_when(scene: &Scene, arguments: &[&str], wait: impl FnOnce()) {
    let mut child = scene.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait();
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Waits until a condition is true, for at most [`LIMIT`].
pub(crate) fn wait_until(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < LIMIT, "the condition is still false after {LIMIT:?}");
        thread::yield_now();
    }
}
