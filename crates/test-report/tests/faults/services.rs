//! Faults of the services. Most runs collect a metric of GitHub, and `test.value`, which a fault of GitHub does not affect.

use std::thread;

use system_health_test_support::{
    datadog::DatadogIntake,
    remote_write::RemoteWriteReceiver,
    server::{Answer, Server},
    wire::{FaultyServer, Upstream},
};

use crate::{
    network::{Fault, faults},
    scenario::{Scenario, TOKEN, World, check_recovery, delivery, upstream},
};

const RUN: [&str; 8] =
    ["--push", "--no-self-metrics", "--only", "commits.hotfix", "--only", "test.value", "--deadline", "5s"];

const OTLP: &str = "OTLP";
const PROMETHEUS: &str = "Prometheus";

/// The fault of a second run in the same slot of `--align`, if one series has another value than in the first run.
const REPEATED: &str = "400 for another value in the same slot";

/// Faults in the body of a successful response. They do not affect remote writes, whose responses have no meaningful body.
const ABOUT_BODIES: [&str; 2] = ["truncated JSON", "content-length too short"];

fn row(place: &'static str, fault: &Fault, delivered: &'static str, status: i32) -> Scenario {
    let (delivered, status) = if fault.is_temporary() { ("all", 0) } else { (delivered, status) };
    Scenario { place, fault: fault.name.to_owned(), delivered, status }
}

/// The rows of the table in `docs/reliability.md`.
pub(crate) fn scenarios() -> Vec<Scenario> {
    let faults = faults();
    let github = faults.iter().map(|fault| row("GitHub", fault, "all but its metrics", 1));
    let aws =
        faults.iter().map(|fault| row("Secrets Manager", fault, "nothing yet; all with the next run", 3));
    let datadog = faults.iter().map(|fault| row("Datadog", fault, "nothing yet; all with the next run", 3));
    let otlp = faults.iter().map(|fault| row(OTLP, fault, "nothing yet; all with the next run", 3));
    let remote_write = faults.iter().filter(|fault| !ABOUT_BODIES.contains(&fault.name));
    let remote_write =
        remote_write.map(|fault| row(PROMETHEUS, fault, "nothing yet; all with the next run", 3));
    let partial_success = Scenario {
        place: "OTLP response",
        fault: "a partial success: one of two points is refused".to_owned(),
        delivered: "all but the refused point",
        status: 3,
    };
    let refused_sample = Scenario {
        place: PROMETHEUS,
        fault: "400 for one of two samples".to_owned(),
        delivered: "all but the refused sample",
        status: 3,
    };
    let repeated = Scenario {
        place: PROMETHEUS,
        fault: REPEATED.to_owned(),
        delivered: "the first value of each series; the others count as repeated",
        status: 0,
    };
    github
        .chain(aws)
        .chain(datadog)
        .chain(otlp)
        .chain([partial_success])
        .chain(remote_write)
        .chain([refused_sample, repeated])
        .collect()
}

/// Runs the scenarios of a service, four at a time.
fn run_all(place: &'static str, test: impl Fn(&Fault, &Scenario) + Sync) {
    let (all, rows) = (faults(), scenarios());
    let row_of = |fault: &Fault| rows.iter().find(|row| row.place == place && row.fault == fault.name);
    let pairs: Vec<_> = all.iter().filter_map(|fault| Some((fault, row_of(fault)?))).collect();
    assert!(!pairs.is_empty(), "no rows for {place}");
    for pairs in pairs.chunks(4) {
        thread::scope(|scope| {
            for (fault, row) in pairs {
                scope.spawn(|| test(fault, row));
            }
        });
    }
}

#[test]
fn faults_of_github_affect_only_its_metrics() {
    run_all("GitHub", |fault, row| {
        let world = World::new();
        let server = FaultyServer::start(fault.wire.clone(), fault.times, upstream(&world.github.url()));
        let scene = world.scene().variable("GITHUB_API_URL", server.url());

        let ended = scene.run(&RUN).with_status(row.status);

        let hotfixes = world.delivered("commits.hotfix");
        assert_eq!(hotfixes.len(), usize::from(fault.is_temporary()), "{}: {ended}", fault.name);
        assert!(hotfixes.iter().all(|(_, value)| value == "1"), "{}: {ended}", fault.name);
        assert_eq!(world.delivered("test.value").len(), 1, "{}: {ended}", fault.name);
        let state = if fault.is_temporary() { "value" } else { "error" };
        assert_eq!(ended.metric("commits.hotfix")["state"], state, "{}: {ended}", fault.name);
    });
}

#[test]
fn points_wait_if_secrets_manager_fails() {
    fn answer(request: &str) -> String {
        let secret = if request.contains("github") { TOKEN } else { DatadogIntake::KEY };
        serde_json::json!({ "Name": "any", "SecretString": secret }).to_string()
    }
    run_all("Secrets Manager", |fault, row| {
        let world = World::new();
        let server = FaultyServer::start(fault.wire.clone(), fault.times, Upstream::Function(answer));
        let scene = world
            .scene()
            .variable("DD_API_KEY", "")
            .variable("AWS_ENDPOINT_URL", server.url())
            .variable("AWS_REGION", "us-east-1")
            .variable("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
            .variable("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");

        let ended = scene.run(&RUN).with_status(row.status);

        assert_eq!(world.intake.points().len(), if fault.is_temporary() { 2 } else { 0 }, "{}", fault.name);
        if !fault.is_temporary() {
            assert_eq!(delivery(&ended)["left"], 2, "{}: {ended}", fault.name);
            check_recovery(&scene, &server, &RUN, &ended);
        }
    });
}

#[test]
fn points_wait_if_datadog_fails() {
    run_all("Datadog", |fault, row| {
        let world = World::new();
        let server = FaultyServer::start(fault.wire.clone(), fault.times, upstream(&world.intake.url()));
        let scene = world.scene().variable("DD_URL", server.url());

        let ended = scene.run(&RUN).with_status(row.status);

        assert_eq!(world.intake.points().len(), if fault.is_temporary() { 2 } else { 0 }, "{}", fault.name);
        if !fault.is_temporary() {
            assert_eq!(delivery(&ended)["left"], 2, "{}: {ended}", fault.name);
            check_recovery(&scene, &server, &RUN, &ended);
        }
    });
}

/// A receiver of OTLP. It refuses the points of the metric `refused`.
fn receiver(refused: Option<&'static str>) -> Server {
    Server::start(move |request| match refused.filter(|key| mentions(&request.body, key)) {
        None => Answer::text(200, "application/x-protobuf", ""),
        // ExportMetricsServiceResponse { partial_success: { rejected_data_points: 1, error_message: "old" } }
        Some(_) => Answer::text(200, "application/x-protobuf", "\u{a}\u{7}\u{8}\u{1}\u{12}\u{3}old"),
    })
}

fn mentions(body: &[u8], key: &str) -> bool {
    body.windows(key.len()).any(|window| window == key.as_bytes())
}

fn otlp_arguments() -> Vec<&'static str> {
    RUN.into_iter().chain(["--to", "otlp"]).collect()
}

#[test]
fn points_wait_if_the_otlp_receiver_fails() {
    run_all(OTLP, |fault, row| {
        let (world, receiver, run) = (World::new(), receiver(None), otlp_arguments());
        let server = FaultyServer::start(fault.wire.clone(), fault.times, upstream(&receiver.url()));
        let scene = world.scene().variable("OTEL_EXPORTER_OTLP_ENDPOINT", server.url());

        let ended = scene.run(&run).with_status(row.status);

        assert_eq!(receiver.requests().len(), usize::from(fault.is_temporary()), "{}: {ended}", fault.name);
        if !fault.is_temporary() {
            assert_eq!(delivery(&ended)["left"], 2, "{}: {ended}", fault.name);
            check_recovery(&scene, &server, &run, &ended);
        }
        let delivered = receiver.requests();
        for key in ["commits.hotfix", "test.value"] {
            assert!(delivered.iter().any(|request| mentions(&request.body, key)), "{}: {key}", fault.name);
        }
    });
}

#[test]
fn a_point_that_otlp_refuses_does_not_affect_the_other() {
    let (world, receiver) = (World::new(), receiver(Some("test.value")));
    let scene = world.scene().variable("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url());

    let ended = scene.run(&otlp_arguments()).with_status(3);

    let delivery = delivery(&ended);
    assert_eq!((&delivery["series"], &delivery["refused"][0]["series"]), (&1.into(), &1.into()), "{ended}");
    assert!(delivery["refused"][0]["error"].to_string().contains("`test.value`"), "{ended}");
}

fn prometheus_arguments() -> Vec<&'static str> {
    RUN.into_iter().chain(["--to", "prometheus"]).collect()
}

/// The URL of remote writes on a server.
fn remote_write_url(server: &str) -> String {
    format!("{server}{}", RemoteWriteReceiver::PATH)
}

#[test]
fn points_wait_if_prometheus_fails() {
    run_all(PROMETHEUS, |fault, row| {
        let (world, receiver, run) = (World::new(), RemoteWriteReceiver::start(), prometheus_arguments());
        let server = FaultyServer::start(fault.wire.clone(), fault.times, upstream(&receiver.url()));
        let scene = world.scene().variable("PROMETHEUS_REMOTE_WRITE_URL", remote_write_url(&server.url()));

        let ended = scene.run(&run).with_status(row.status);

        let runs = if fault.is_temporary() {
            1
        } else {
            assert!(receiver.names().is_empty(), "{}: {ended}", fault.name);
            assert_eq!(delivery(&ended)["left"], 2, "{}: {ended}", fault.name);
            check_recovery(&scene, &server, &run, &ended);
            2
        };
        for name in ["commits_hotfix", "test_value"] {
            assert_eq!(receiver.values(name).len(), runs, "{}: {name}: {ended}", fault.name);
        }
        assert_eq!(receiver.names().len(), 2, "{}: {ended}", fault.name);
    });
}

#[test]
fn a_sample_that_prometheus_refuses_does_not_affect_the_other() {
    let (world, receiver) = (World::new(), RemoteWriteReceiver::start());
    receiver.refuse("test_value");
    let scene = world.scene().variable("PROMETHEUS_REMOTE_WRITE_URL", remote_write_url(&receiver.url()));

    let ended = scene.run(&prometheus_arguments()).with_status(3);

    let delivery = delivery(&ended);
    assert_eq!((&delivery["series"], &delivery["refused"][0]["series"]), (&1.into(), &1.into()), "{ended}");
    assert!(delivery["refused"][0]["error"].to_string().contains("`test.value`"), "{ended}");
    assert_eq!(receiver.names(), ["commits_hotfix".to_owned()].into());
}

#[test]
fn prometheus_keeps_the_first_value_of_a_repeated_run() {
    const RUN: [&str; 10] = [
        "--push",
        "--no-self-metrics",
        "--to",
        "prometheus",
        "--only",
        "test.evidence",
        "--only",
        "test.value",
        "--align",
        "30m",
    ];
    let row = scenarios().into_iter().find(|row| row.fault == REPEATED).unwrap();
    for attempt in 1..=2 {
        let (world, receiver) = (World::new(), RemoteWriteReceiver::start());
        let scene = world.scene().variable("PROMETHEUS_REMOTE_WRITE_URL", remote_write_url(&receiver.url()));
        let scene = scene.variable("TEST_MESSAGES", "3");
        let _ = scene.run(&RUN).with_status(0);

        let second = scene.variable("TEST_MESSAGES", "4").run(&RUN).with_status(row.status);

        if attempt == 1 && receiver.values("test_value").len() > 1 {
            // The second run was in the next slot. That cannot happen twice within half an hour.
            continue;
        }
        let receipt = delivery(&second);
        let number = |name: &str| receipt[name].as_u64().unwrap();
        assert_eq!((number("series"), number("repeated"), number("left")), (1, 1, 0), "{second}");
        let stored: Vec<f64> = receiver.values("test_evidence").into_iter().map(|(_, value)| value).collect();
        assert_eq!(stored, [3.0], "{second}");
        break;
    }
}
