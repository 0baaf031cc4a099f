//! Several destinations at once. A fault of one of them does not affect the others.

use std::{
    collections::BTreeSet,
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
};

use serde_json::{Value, json};
use system_health_test_support::{
    moto::AccessKey,
    prometheus::Prometheus,
    remote_write::RemoteWriteReceiver,
    scene::{ProgramOutput, Scene, next_second},
    server::{Answer, Fault, Request, Server},
    wire::{FaultyServer, WireFault},
};

use crate::{
    network::ALWAYS,
    scenario::{LIMIT, Scenario, World, kill_when, upstream, wait_until},
};

const PLACE: &str = "one of two destinations";
const SERIES: &str = "/api/v2/series";
const SINKS: [&str; 2] = ["prometheus", "datadog"];
/// Each of these metrics has one point.
const METRICS: [&str; 2] = ["test.value", "test.prints"];
const RUN: [&str; 10] = [
    "--push",
    "--no-self-metrics",
    "--to",
    "prometheus,datadog",
    "--only",
    METRICS[0],
    "--only",
    METRICS[1],
    "--deadline",
    "5s",
];

/// The fault in the test of distributions. One destination gets the values of each run, and the other those of all runs.
const DISTRIBUTIONS: &str =
    "both leave a distribution for the next run (401, 403), whose process is killed (SIGKILL)";

/// [`RUN`] with a deadline that is later than the end of each test.
fn patient_run() -> Vec<&'static str> {
    RUN.into_iter().map(|argument| if argument == "5s" { "1m" } else { argument }).collect()
}

/// Faults that last until the test ends them.
fn faults() -> [(&'static str, WireFault); 4] {
    [
        ("is down", WireFault::Refused),
        ("does not respond", WireFault::BlackHole),
        ("responds with one byte a second", WireFault::Drip),
        ("dies in mid-response", WireFault::Reset),
    ]
}

/// The rows of the table.
pub(crate) fn scenarios() -> Vec<Scenario> {
    let row = |place, fault: &str, delivered, status| Scenario {
        place,
        fault: fault.to_owned(),
        delivered,
        status,
    };
    let delivered = "all to the other; to this one nothing yet, all with the next run";
    let failing = faults().into_iter().map(|(fault, _)| row(PLACE, fault, delivered, 3));
    let others = [
        row(PLACE, "dies once after it has stored the points", "all to both, once", 0),
        row(PLACE, "refuses half of the points", "all to the other; to this one all but the refused ones", 3),
        row("four destinations", "each responds only after all were asked", "all to all", 0),
        row(
            "two destinations",
            "the process is killed (SIGKILL) at any request",
            "to both once, some with the next run",
            137,
        ),
        row(
            "two destinations",
            "the process is killed (SIGKILL) at any request, and one adds up repeated points",
            "to this one perhaps, not repeated; to the other with the next run",
            137,
        ),
        row(
            "two destinations",
            DISTRIBUTIONS,
            "once to the one that gets totals; perhaps to the one that adds up, not repeated",
            137,
        ),
    ];
    failing.chain(others).collect()
}

/// Prometheus and Datadog.
struct Backends {
    prometheus: RemoteWriteReceiver,
    world: World,
}

impl Backends {
    fn new() -> Self {
        Self { prometheus: RemoteWriteReceiver::start(), world: World::new() }
    }

    fn scene(&self) -> Scene {
        Self::with_address(self.world.scene(), "prometheus", &self.prometheus.url())
    }

    /// Sets the address of a sink.
    fn with_address(scene: Scene, sink: &str, url: &str) -> Scene {
        match sink {
            "prometheus" => {
                scene.variable("PROMETHEUS_REMOTE_WRITE_URL", format!("{url}{}", RemoteWriteReceiver::PATH))
            }
            _ => scene.variable("DD_URL", url),
        }
    }

    fn url(&self, sink: &str) -> String {
        if sink == "prometheus" { self.prometheus.url() } else { self.world.intake.url() }
    }

    fn server(&self, sink: &str) -> &Server {
        if sink == "prometheus" { self.prometheus.server() } else { self.world.intake.server() }
    }

    /// The times at which a destination has a metric, in seconds. Each value must be the collected one.
    fn times(&self, sink: &str, key: &str) -> Vec<i64> {
        let values: Vec<(i64, String)> = if sink == "prometheus" {
            let values = self.prometheus.values(&key.replace('.', "_"));
            values.into_iter().map(|(time, value)| (time / 1000, value.to_string())).collect()
        } else {
            self.world.delivered(key).into_iter().collect()
        };
        assert!(values.iter().all(|(_, value)| value == "7"), "{sink}: {key}: {values:?}");
        values.into_iter().map(|(time, _)| time).collect()
    }

    /// Checks that both destinations have each metric at the same times, and no other metric.
    fn check_complete(&self, runs: usize, last: &ProgramOutput) {
        for key in METRICS {
            let times = self.times("datadog", key);
            assert_eq!(times.len(), runs, "{key}: {last}");
            assert_eq!(self.times("prometheus", key), times, "{key}: {last}");
        }
        assert_eq!(self.prometheus.names(), METRICS.map(|key| key.replace('.', "_")).into(), "{last}");
        let metrics: BTreeSet<String> =
            self.world.intake.points().into_iter().map(|point| point.metric).collect();
        assert_eq!(metrics, METRICS.map(str::to_owned).into(), "{last}");
    }
}

/// The delivery to a sink in the document of a run.
fn delivery(ended: &ProgramOutput, sink: &str) -> Value {
    let document = ended.json();
    let deliveries = document["deliveries"].as_array().unwrap();
    assert_eq!(deliveries.len(), 2, "{ended}");
    deliveries.iter().find(|delivery| delivery["sink"] == sink).unwrap().clone()
}

/// Checks how many points of this run, and of earlier ones, a destination accepted, and how many wait.
#[track_caller]
fn check_receipt(ended: &ProgramOutput, sink: &str, accepted: u64, earlier: u64, left: u64) {
    let receipt = delivery(ended, sink);
    let numbers = ["series", "points_of_earlier_runs", "left"].map(|name| receipt[name].as_u64().unwrap());
    assert_eq!(numbers, [accepted, earlier, left], "{sink}: {ended}");
    assert_eq!((&receipt["unknown"], &receipt["lost"]), (&json!(0), &json!(0)), "{sink}: {ended}");
}

fn status(fault: &str) -> i32 {
    let row = scenarios().into_iter().find(|row| row.fault == fault);
    row.unwrap_or_else(|| panic!("no row for {fault}")).status
}

/// Runs a test twice. Each of the two sinks is the bad one once.
fn for_each_sink(test: impl Fn(&'static str, &'static str) + Sync) {
    let test = &test;
    thread::scope(|scope| {
        for (bad, good) in [(SINKS[0], SINKS[1]), (SINKS[1], SINKS[0])] {
            scope.spawn(move || test(bad, good));
        }
    });
}

#[test]
fn a_destination_that_fails_does_not_affect_the_other() {
    for (fault, wire) in faults() {
        for_each_sink(|bad, good| {
            let backends = Backends::new();
            let server = FaultyServer::start(wire.clone(), ALWAYS, upstream(&backends.url(bad)));
            let scene = Backends::with_address(backends.scene(), bad, &server.url());

            let first = scene.run(&RUN).with_status(status(fault));
            assert_eq!(backends.times(good, METRICS[0]).len(), 1, "{fault}: {first}");
            assert_eq!(backends.times(bad, METRICS[0]).len(), 0, "{fault}: {first}");
            check_receipt(&first, good, 2, 0, 0);
            check_receipt(&first, bad, 0, 0, 2);

            server.heal();
            next_second();
            let second = scene.run(&RUN).with_status(0);
            check_receipt(&second, good, 2, 0, 0);
            check_receipt(&second, bad, 2, 2, 0);
            backends.check_complete(2, &second);
        });
    }
}

#[test]
fn a_destination_that_dies_after_it_has_stored_the_points_is_asked_again() {
    let status = status("dies once after it has stored the points");
    for_each_sink(|bad, good| {
        let backends = Backends::new();
        backends.server(bad).fail_times(1, "POST", Fault::DisconnectAfterwards);

        let ended = backends.scene().run(&RUN).with_status(status);

        check_receipt(&ended, bad, 2, 0, 0);
        check_receipt(&ended, good, 2, 0, 0);
        backends.check_complete(1, &ended);
    });
}

#[test]
fn refused_points_do_not_affect_other_points_and_destinations() {
    let status = status("refuses half of the points");
    for_each_sink(|bad, good| {
        let backends = Backends::new();
        backends.prometheus.refuse(if bad == "prometheus" { "test_value" } else { "none" });
        backends.world.intake.refuse(if bad == "datadog" { "test.value" } else { "none" });

        let ended = backends.scene().run(&RUN).with_status(status);

        check_receipt(&ended, good, 2, 0, 0);
        check_receipt(&ended, bad, 1, 0, 0);
        let refused = &delivery(&ended, bad)["refused"][0];
        assert_eq!(refused["series"], 1, "{ended}");
        assert!(refused["error"].to_string().contains("test.value"), "{ended}");
        assert_eq!(backends.times(bad, "test.value").len(), 0, "{ended}");
        assert_eq!(backends.times(bad, "test.prints").len(), 1, "{ended}");
    });
}

/// A place where servers wait for each other.
#[derive(Default)]
struct Meeting {
    arrived: Mutex<BTreeSet<&'static str>>,
    changed: Condvar,
}

impl Meeting {
    /// Waits until this number of servers have arrived. Returns false if they do not arrive within [`LIMIT`].
    fn wait(&self, server: &'static str, count: usize) -> bool {
        let mut arrived = self.arrived.lock().unwrap_or_else(PoisonError::into_inner);
        arrived.insert(server);
        self.changed.notify_all();
        let waited = self.changed.wait_timeout_while(arrived, LIMIT, |arrived| arrived.len() < count);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}

#[test]
fn all_destinations_are_asked_at_once() {
    let answers = [
        ("prometheus", Answer::text(204, "text/plain", "")),
        ("datadog", Answer::json(202, &json!({"errors": []}))),
        ("otlp", Answer::text(200, "application/x-protobuf", "")),
        ("cloudwatch", Answer::json(200, &json!({}))),
    ];
    let meeting = Arc::new(Meeting::default());
    // Each destination has a server. If the destinations were asked one after the other, the first server would wait for the
    // others until the time limit.
    let servers = answers.map(|(name, answer)| {
        let meeting = Arc::clone(&meeting);
        Server::start(move |_| {
            if meeting.wait(name, 4) {
                answer.clone()
            } else {
                Answer::text(501, "text/plain", "asked alone")
            }
        })
    });
    let [prometheus, datadog, otlp, cloudwatch] = servers.each_ref().map(Server::url);
    let scene = World::new()
        .scene()
        .file("system-health.toml", "[cloudwatch]\nnamespace = 'Shop'\n")
        .aws("http://127.0.0.1:1", &AccessKey::example())
        .variable("AWS_ENDPOINT_URL_CLOUDWATCH", cloudwatch)
        .variable("DD_URL", datadog)
        .variable("OTEL_EXPORTER_OTLP_ENDPOINT", otlp)
        .variable("PROMETHEUS_REMOTE_WRITE_URL", prometheus);
    let to = "prometheus,datadog,otlp,cloudwatch";

    let ended = scene.run(&["--push", "--no-self-metrics", "--to", to, "--only", "test.value"]);

    let ended = ended.with_status(status("each responds only after all were asked"));
    let document = ended.json();
    let deliveries = document["deliveries"].as_array().unwrap();
    assert!(deliveries.len() == 4 && deliveries.iter().all(|delivery| delivery["series"] == 1), "{ended}");
    assert!(servers.iter().all(|server| server.requests().len() == 1), "each is asked once: {ended}");
}

#[test]
fn after_a_killed_process_both_backends_have_each_point_once() {
    let run = patient_run();
    // What happens to the first request to Prometheus, and to the first one to Datadog. `None` is a usual response.
    let (asked, stored) = (|| Some(Fault::Hang), || Some(Fault::HangAfterwards));
    for faults in [
        [asked(), asked()],
        [asked(), stored()],
        [stored(), asked()],
        [stored(), stored()],
        [None, asked()],
        [None, stored()],
        [asked(), None],
        [stored(), None],
    ] {
        let backends = Backends::new();
        let scene = backends.scene();
        for (sink, fault) in SINKS.into_iter().zip(faults.clone()) {
            if let Some(fault) = fault {
                backends.server(sink).fail_times(1, "POST", fault);
            }
        }

        kill_when(&scene, &run, || {
            for (sink, fault) in SINKS.into_iter().zip(&faults) {
                let _ = backends.server(sink).wait_for("POST");
                let arrives = !matches!(fault, Some(Fault::Hang));
                wait_until(|| !arrives || !backends.times(sink, METRICS[1]).is_empty());
            }
        });

        next_second();
        let next = scene.run(&run).with_status(0);
        for (sink, fault) in SINKS.into_iter().zip(&faults) {
            let receipt = delivery(&next, sink);
            let earlier = receipt["points_of_earlier_runs"].as_u64().unwrap();
            // After a usual response, the process may have been killed before it recorded the delivery.
            assert!(earlier == 2 || (fault.is_none() && earlier == 0), "{faults:?}: {sink}: {next}");
            assert_eq!((&receipt["series"], &receipt["left"]), (&json!(2), &json!(0)), "{faults:?}: {next}");
        }
        backends.check_complete(2, &next);
    }
}

/// The data that a fake of CloudWatch has stored.
type Stored = Arc<Mutex<Vec<Value>>>;

fn cloudwatch() -> (Server, Stored) {
    let stored = Stored::default();
    let shared = Arc::clone(&stored);
    let server = Server::start(move |request: &Request| {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let data = body["MetricData"].as_array().unwrap().clone();
        shared.lock().unwrap().extend(data);
        Answer::json(200, &json!({}))
    });
    (server, stored)
}

#[test]
fn a_killed_process_does_not_repeat_points_that_add_up() {
    let run = ["--push", "--no-self-metrics", "--to", "prometheus,cloudwatch", "--only", "test.value"];
    for (fault, stored_by_first) in [(Fault::Hang, 0), (Fault::HangAfterwards, 1)] {
        for prometheus_fault in [Fault::Hang, Fault::HangAfterwards] {
            let backends = Backends::new();
            let (cloudwatch, stored) = cloudwatch();
            let scene = backends
                .scene()
                .file("system-health.toml", "[cloudwatch]\nnamespace = 'Shop'\n")
                .aws("http://127.0.0.1:1", &AccessKey::example())
                .variable("AWS_ENDPOINT_URL_CLOUDWATCH", cloudwatch.url());
            cloudwatch.fail_times(1, "POST", fault.clone());
            backends.prometheus.server().fail_times(1, "POST", prometheus_fault);

            kill_when(&scene, &run, || {
                let _ = cloudwatch.wait_for("POST");
                let _ = backends.prometheus.server().wait_for("POST");
                wait_until(|| stored.lock().unwrap().len() == stored_by_first);
            });

            next_second();
            let next = scene.run(&run).with_status(0);
            assert_eq!(delivery(&next, "cloudwatch")["points_of_earlier_runs"], 0, "{next}");
            assert_eq!(delivery(&next, "prometheus")["points_of_earlier_runs"], 1, "{next}");
            assert_eq!(stored.lock().unwrap().len(), stored_by_first + 1, "{next}");
            assert_eq!(backends.times("prometheus", "test.value").len(), 2, "{next}");
        }
    }
}

#[test]
fn distributions_have_the_values_of_each_run_or_of_all_runs() {
    let run = ["--push", "--no-self-metrics", "--to", "prometheus,cloudwatch", "--only", "test.distribution"];
    // CloudWatch may have stored the points of the second and the third run when the process is killed. They are never repeated.
    for (fault, stored_when_killed) in [(Fault::Hang, 1), (Fault::HangAfterwards, 3)] {
        let backends = Backends::new();
        let (cloudwatch, stored) = cloudwatch();
        let prometheus = backends.prometheus.server();
        let scene = backends
            .scene()
            .file("system-health.toml", "[cloudwatch]\nnamespace = 'Shop'\n")
            .aws("http://127.0.0.1:1", &AccessKey::example())
            .variable("AWS_ENDPOINT_URL_CLOUDWATCH", cloudwatch.url());
        let _ = scene.run(&run).with_status(0);

        next_second();
        cloudwatch.fail_times(1, "POST", Answer::json(403, &json!({"__type": "AccessDeniedException"})));
        prometheus.fail_times(1, "POST", Answer::text(401, "text/plain", "no"));
        let refused = scene.run(&run).with_status(3);
        for sink in ["cloudwatch", "prometheus"] {
            assert_eq!(delivery(&refused, sink)["left"], 1, "{sink}: {refused}");
        }

        next_second();
        for server in [&cloudwatch, prometheus] {
            server.fail_times(1, "POST", fault.clone());
        }
        kill_when(&scene, &run, || {
            wait_until(|| [&cloudwatch, prometheus].iter().all(|server| server.requests().len() == 3));
            wait_until(|| stored.lock().unwrap().len() == stored_when_killed);
        });

        next_second();
        let last = scene.run(&run).with_status(0);
        assert_eq!(delivery(&last, "prometheus")["points_of_earlier_runs"], 2, "{last}");
        let totals = backends.prometheus.histograms("test_distribution_seconds");
        let totals: Vec<(u64, f64)> =
            totals.into_iter().map(|(_, values)| (values.count, values.sum)).collect();
        assert_eq!(totals, [(4, 7.5), (8, 15.0), (12, 22.5), (16, 30.0)], "{last}");
        let stored = stored.lock().unwrap();
        assert_eq!(stored.len(), stored_when_killed + 1, "{last}");
        for datum in &*stored {
            assert_eq!(datum["Counts"], json!([1, 1, 1, 1]), "the values of one run: {datum}");
        }
        let times: BTreeSet<String> = stored.iter().map(|datum| datum["Timestamp"].to_string()).collect();
        assert_eq!(times.len(), stored.len(), "each run once");
    }
}

#[test]
#[ignore = "needs Prometheus: run cargo xtask test"]
fn a_real_prometheus_has_each_value_once_after_faults_of_both_destinations() {
    let prometheus = Prometheus::receiving(false);
    let backends = Backends::new();
    let url = prometheus.remote_write_url();
    let address = url.trim_end_matches(RemoteWriteReceiver::PATH);
    let scene = |url: &str| Backends::with_address(backends.world.scene(), "prometheus", url);
    let count = "count_over_time(test_value[1h])";
    let run = patient_run();

    // Prometheus has stored the first values when the process is killed.
    let first = scene(address);
    backends.world.intake.server().fail_times(1, SERIES, Fault::Hang);
    kill_when(&first, &run, || {
        let _ = backends.world.intake.server().wait_for(SERIES);
        let _ = prometheus.query_until(count, |found| !found.is_empty());
    });
    next_second();
    // The process may have been killed before it recorded the delivery, so the values may be sent again.
    let second = first.run(&run).with_status(0);
    assert_eq!(delivery(&second, "datadog")["points_of_earlier_runs"], 2, "{second}");

    // Prometheus is down, and comes back.
    let server = FaultyServer::start(WireFault::Refused, ALWAYS, upstream(address));
    let scene = scene(&server.url());
    next_second();
    let third = scene.run(&RUN).with_status(3);
    check_receipt(&third, "datadog", 2, 0, 0);
    check_receipt(&third, "prometheus", 0, 0, 2);
    server.heal();
    next_second();
    let fourth = scene.run(&RUN).with_status(0);
    check_receipt(&fourth, "prometheus", 2, 2, 0);

    assert_eq!(backends.world.delivered("test.value").len(), 4);
    for (query, expected) in [(count, 4.0), ("sum_over_time(test_value[1h])", 28.0)] {
        let found = prometheus.query(query);
        assert_eq!(
            found.iter().map(|(_, value)| *value).collect::<Vec<_>>(),
            [expected],
            "{query}: {found:?}"
        );
    }
}
