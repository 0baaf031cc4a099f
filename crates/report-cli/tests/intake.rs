//! `report intake`, and what `report` itself delivers to it.
#![cfg(all(feature = "datadog", feature = "intake"))]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use serde_json::Value;
use system_health_test_support::{chromium::Chromium, scene::Scene};

/// How long a test waits for a line. It is enough even on a busy machine.
const TIMEOUT: Duration = Duration::from_mins(1);

fn scene() -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_report")).git_work_tree().commit("hotfix", Duration::from_mins(1))
}

/// A running `report intake`.
struct Intake {
    process: Child,
    lines: Receiver<Value>,
    url: String,
    /// The URL at which the intake receives `DogStatsD`, such as `udp://127.0.0.1:8125`.
    dogstatsd_url: String,
}

impl Intake {
    fn start(scene: &Scene) -> Self {
        let arguments =
            ["intake", "--listen", "127.0.0.1:0", "--dogstatsd", "127.0.0.1:0", "--format", "json"];
        let mut process = scene.command(&arguments).stdout(Stdio::piped()).spawn().expect("start the intake");
        let stdout = process.stdout.take().expect("a pipe from the intake");
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = sender.send(serde_json::from_str(&line).expect("a line of JSON"));
            }
        });
        let mut intake = Self { process, lines, url: String::new(), dogstatsd_url: String::new() };
        let listening = intake.next("listening");
        listening["url"].as_str().expect("a URL").clone_into(&mut intake.url);
        listening["dogstatsd"].as_str().expect("an address").clone_into(&mut intake.dogstatsd_url);
        intake
    }

    /// The next notice of a kind.
    fn next(&self, notice: &str) -> Value {
        loop {
            let line =
                self.lines.recv_timeout(TIMEOUT).unwrap_or_else(|error| panic!("no {notice}: {error}"));
            if line["notice"] == notice {
                return line;
            }
        }
    }

    fn get(&self, path: &str) -> Value {
        let body = self.text(path);
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"))
    }

    /// The body of a response.
    fn text(&self, path: &str) -> String {
        let address = self.url.strip_prefix("http://").expect("a URL");
        let mut stream = TcpStream::connect(address).expect("connect to the intake");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")
            .expect("send the request");
        let mut response = String::new();
        stream.read_to_string(&mut response).expect("a response");
        let (head, body) = response.split_once("\r\n\r\n").expect("a response with a body");
        assert!(head.starts_with("HTTP/1.1 200 "), "{response}");
        body.to_owned()
    }

    /// Interrupts the intake as Ctrl-C does, and returns its exit status.
    fn interrupt(mut self) -> Option<i32> {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().expect("start kill").success());
        self.process.wait().expect("wait for the intake").code()
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn metrics(intake: &Intake) -> Vec<String> {
    let metrics = intake.get("/api/v1/intake/metrics");
    let names = metrics["metrics"].as_array().expect("metrics").iter();
    names.map(|metric| metric["metric"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn a_local_push_delivers_valid_points_only_to_the_intake() {
    // With --local, neither this key nor the sink `local` is used.
    let scene = scene()
        .variable("DD_API_KEY", "0dd0c0ffee0dd0c0ffee0dd0c0ffee00")
        .variable("DD_ENV", "test")
        .file("system-health.toml", "[local]\nfile = 'points.jsonl'\n");
    let intake = Intake::start(&scene);

    let ended = scene.run(&["--push", "--local"]).with_status(0);

    let deliveries = ended.json()["deliveries"].clone();
    assert_eq!(deliveries.as_array().map(Vec::len), Some(1), "{deliveries}");
    assert_eq!(
        (&deliveries[0]["sink"], &deliveries[0]["address"]),
        (&"datadog".into(), &intake.url.as_str().into())
    );
    assert!(!scene.folder().join("points.jsonl").exists());
    let names = metrics(&intake);
    assert!(names.contains(&"commits.hotfix".to_owned()), "{names:?}");
    assert!(names.contains(&"system_health.reporter.run_duration_seconds".to_owned()), "{names:?}");
    assert_eq!(intake.next("delivery")["item"], "point");
    // Datadog ignores units that it does not know, such as `point`, and stores the values.
    let findings = intake.get("/api/v1/intake/findings");
    let findings = findings["findings"].as_array().expect("findings");
    assert!(findings.iter().all(|finding| finding["rule"] == "unit"), "{findings:#?}");
    assert_eq!(intake.interrupt(), Some(0));
}

#[test]
fn without_an_intake_a_local_push_says_how_to_start_one() {
    let scene = scene();
    let intake = Intake::start(&scene);
    let file = scene.folder().join(".state/intake.json");
    assert!(file.exists());
    assert_eq!(intake.interrupt(), Some(0));
    assert!(!file.exists(), "the intake removes its address");

    let ended = scene.run(&["--push", "--local"]).with_status(2);

    ended.says("cannot use --local");
    ended.says("the command `intake`");
}

#[test]
fn dashboards_and_monitors_are_kept_and_evaluated() {
    let scene = scene();
    let intake = Intake::start(&scene);
    let _ = scene.run(&["--push", "--local"]).with_status(0);
    let with_keys = Scene::new(env!("CARGO_BIN_EXE_report"))
        .git_work_tree()
        .variable("DD_URL", intake.url.as_str())
        .variable("DD_API_KEY", "any")
        .variable("DD_APP_KEY", "any");

    let _ = with_keys.run(&["monitors", "push"]).with_status(0);
    let _ = with_keys.run(&["dashboard", "push"]).with_status(0);

    let monitors = intake.get("/api/v1/intake/monitors");
    let monitors = monitors["monitors"].as_array().expect("monitors");
    let hotfix = monitors
        .iter()
        .find(|monitor| monitor["query"].as_str().is_some_and(|query| query.contains("commits.hotfix")));
    assert_eq!(hotfix.expect("a monitor of the goal")["state"], "OK");
    let dashboards = intake.get("/api/v1/intake/dashboards");
    assert_eq!(dashboards["dashboards"][0]["title"], "System health");
    assert_eq!(intake.interrupt(), Some(0));

    // Another intake with the same state folder continues where the first one ended.
    let again = Intake::start(&scene);
    assert_eq!(again.get("/api/v1/intake/dashboards"), dashboards);
    assert!(metrics(&again).contains(&"commits.hotfix".to_owned()));
}

#[test]
fn the_intake_serves_its_variant_of_the_page() {
    let scene = scene();
    let intake = Intake::start(&scene);

    let page = intake.text("/");

    assert!(page.starts_with("<!doctype html>"), "{page}");
    assert!(page.contains("<meta name=\"documents\" content=\"intake\">"), "{page}");
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn the_page_shows_what_the_intake_received() {
    const H1: &str = "document.querySelector('h1').innerText";
    let scene = scene();
    let intake = Intake::start(&scene);
    let with_traces =
        scene.variable("DD_TRACE_ENABLED", "true").variable("DD_TRACE_AGENT_URL", intake.url.as_str());
    let _ = with_traces.run(&["--push", "--local"]).with_status(0);
    let with_keys = Scene::new(env!("CARGO_BIN_EXE_report"))
        .git_work_tree()
        .variable("DD_URL", intake.url.as_str())
        .variable("DD_API_KEY", "any")
        .variable("DD_APP_KEY", "any");
    let _ = with_keys.run(&["monitors", "push"]).with_status(0);
    let _ = with_keys.run(&["dashboard", "push"]).with_status(0);
    let mut browser = Chromium::start();
    let url = format!("{}/", intake.url);

    for (fragment, title, expected) in [
        ("", "Received", "commits.hotfix"),
        ("#/series/commits.hotfix", "commits.hotfix", "1 commit"),
        ("#/intake-monitors", "Pushed monitors", "commits.hotfix"),
        ("#/intake-dashboards", "Pushed dashboards", "System health"),
        ("#/intake-events", "Received events", "event"),
        ("#/intake-traces", "Received traces", "push"),
    ] {
        browser.open(&format!("{url}{fragment}"));
        browser.wait_for("document.querySelector('h1')");

        let text = browser.evaluate("document.querySelector('main').innerText");
        assert!(text.as_str().is_some_and(|text| text.contains(expected)), "{fragment}: {text}");
        assert_eq!(browser.evaluate(H1), title, "{fragment}");
        assert_eq!(browser.problems(), [""; 0], "{fragment}");
    }
}

#[test]
fn doctor_checks_a_local_intake_without_keys() {
    let scene = scene();
    let intake = Intake::start(&scene);

    let ended = scene.run(&["doctor", "--local", "--format", "json"]);

    let text = ended.json().to_string();
    assert!(text.contains("it needs no keys"), "{text}");
    assert_eq!(intake.interrupt(), Some(0));
}

#[test]
#[cfg(feature = "dogstatsd")]
fn points_and_service_checks_that_are_sent_to_an_agent_arrive() {
    let scene = scene();
    let intake = Intake::start(&scene);

    let with_agent = scene.variable("DD_DOGSTATSD_URL", intake.dogstatsd_url.as_str());
    let _ = with_agent.run(&["--push", "--to", "dogstatsd", "--only", "commits.hotfix"]).with_status(0);

    // The self-metrics come last.
    let mut delivered = intake.next("delivery");
    while !metrics(&intake).contains(&"system_health.reporter.run_duration_seconds".to_owned()) {
        delivered = intake.next("delivery");
    }
    assert_eq!(delivered["sent"], delivered["stored"], "{delivered}");
    let checks = intake.get("/api/v1/intake/checks");
    let checks = checks["checks"].as_array().expect("service checks");
    let check = checks.iter().find(|check| check["tags"].to_string().contains("metric:commits.hotfix"));
    let check = check.unwrap_or_else(|| panic!("no check of the metric: {checks:?}"));
    assert_eq!(
        (&check["check"], &check["status"]),
        (&"system_health.reporter.can_collect".into(), &0.into())
    );
}

#[test]
#[cfg(feature = "traces")]
fn the_trace_of_a_local_push_arrives() {
    let scene = scene();
    let intake = Intake::start(&scene);
    let with_traces =
        scene.variable("DD_TRACE_ENABLED", "true").variable("DD_TRACE_AGENT_URL", intake.url.as_str());

    let ended = with_traces.run(&["--push", "--local", "--only", "commits.hotfix"]).with_status(0);

    let traces = intake.get("/api/v1/intake/traces");
    let spans = traces["traces"][0]["spans"].as_array().expect("spans");
    let metric = spans.iter().find(|span| span["name"] == "system_health.metric");
    assert_eq!(metric.expect("a span of the metric")["resource"], "commits.hotfix");
    let id = ended.json()["run"]["trace_id"].as_str().expect("the id of the trace").to_owned();
    // A span has the lower half of the id as a number, and the upper half in the tag `_dd.p.tid`.
    assert!(spans.iter().any(|span| span.to_string().contains(&id[..16])), "{id}: {spans:#?}");
    let findings = intake.get("/api/v1/intake/findings");
    let findings = findings["findings"].as_array().expect("findings");
    assert!(findings.iter().all(|finding| finding["rule"] == "unit"), "{findings:#?}");
}
