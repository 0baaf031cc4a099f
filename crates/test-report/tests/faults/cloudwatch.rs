//! Faults of CloudWatch, which adds up repeated values. A point that may have arrived is never delivered again.

use std::{process::Stdio, thread};

use serde_json::{Value, json};
use system_health_test_support::{
    moto::AccessKey,
    scene::{Scene, next_second},
    server::{Answer, Fault as ServerFault, Request, Server},
    wire::FaultyServer,
};

use crate::{
    network::{Fault, faults},
    scenario::{Scenario, check_recovery, delivery, upstream},
};

const PLACE: &str = "CloudWatch";
const RUN: [&str; 8] =
    ["--push", "--no-self-metrics", "--to", "cloudwatch", "--only", "test.value", "--deadline", "5s"];

/// The faults after which CloudWatch may have stored the points.
const UNCLEAR: [&str; 8] = [
    "black hole",
    "reset in mid-body",
    "one byte a second",
    "truncated JSON",
    "HTML instead of JSON",
    "500",
    "content-length too long",
    "content-length too short",
];

/// The rows of the table.
pub(crate) fn scenarios() -> Vec<Scenario> {
    let row = |fault: &str, delivered, status| Scenario {
        place: PLACE,
        fault: fault.to_owned(),
        delivered,
        status,
    };
    let rows = faults().into_iter().map(|fault| match fault.name {
        name if fault.is_temporary() => row(name, "all", 0),
        name if UNCLEAR.contains(&name) => row(name, "perhaps; counted as unknown and not repeated", 3),
        name => row(name, "nothing yet; all with the next run", 3),
    });
    rows.chain([
        row("refuses one of three points", "the others; the refused one is named", 3),
        row("the process is killed (SIGKILL) during the delivery", "perhaps; not repeated", 137),
    ])
    .collect()
}

fn status(fault: &str) -> i32 {
    scenarios()
        .into_iter()
        .find(|row| row.fault == fault)
        .unwrap_or_else(|| panic!("no row for {fault}"))
        .status
}

fn accepting() -> Server {
    Server::start(|_| Answer::json(200, &json!({})))
}

/// A scene whose only destination is at a URL.
fn scene(url: &str) -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_test-report"))
        .file("system-health.toml", "[cloudwatch]\nnamespace = 'Shop'\n")
        // No other AWS service can be reached.
        .aws("http://127.0.0.1:1", &AccessKey::example())
        .variable("AWS_ENDPOINT_URL_CLOUDWATCH", url)
}

/// The data that reached CloudWatch.
fn stored(server: &Server) -> Vec<Value> {
    let data = |request: &Request| -> Vec<Value> {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        body["MetricData"].as_array().unwrap().clone()
    };
    server.requests().iter().flat_map(data).collect()
}

fn check(fault: &Fault) {
    let cloudwatch = accepting();
    let server = FaultyServer::start(fault.wire.clone(), fault.times, upstream(&cloudwatch.url()));
    let scene = scene(&server.url());

    let ended = scene.run(&RUN).with_status(status(fault.name));

    let receipt = delivery(&ended);
    if fault.is_temporary() {
        assert_eq!(stored(&cloudwatch).len(), 1, "{}: {ended}", fault.name);
    } else if UNCLEAR.contains(&fault.name) {
        assert_eq!(receipt["unknown"], 1, "{}: {ended}", fault.name);
        server.heal();
        next_second();
        let second = scene.run(&RUN).with_status(0);
        assert_eq!(delivery(&second)["points_of_earlier_runs"], 0, "{}: {second}", fault.name);
        assert_eq!(stored(&cloudwatch).len(), 1, "{}: only the value of the second run", fault.name);
    } else {
        assert_eq!(receipt["left"], 1, "{}: {ended}", fault.name);
        check_recovery(&scene, &server, &RUN, &ended);
        assert_eq!(stored(&cloudwatch).len(), 2, "{}", fault.name);
    }
}

#[test]
fn after_network_faults_points_wait_unless_they_may_have_arrived() {
    for faults in faults().chunks(4) {
        thread::scope(|scope| {
            for fault in faults {
                scope.spawn(|| check(fault));
            }
        });
    }
}

#[test]
fn a_refused_point_is_named_and_the_others_are_delivered() {
    let server = Server::start(|request| {
        if String::from_utf8_lossy(&request.body).contains("000001") {
            Answer::json(400, &json!({"__type": "InvalidParameterValueException", "message": "no"}))
        } else {
            Answer::json(200, &json!({}))
        }
    });
    let arguments = ["--push", "--no-self-metrics", "--to", "cloudwatch", "--only", "test.many"];

    let ended = scene(&server.url())
        .variable("TEST_SAMPLES", "3")
        .run(&arguments)
        .with_status(status("refuses one of three points"));

    let receipt = delivery(&ended);
    assert_eq!(receipt["refused"][0]["series"], 1, "{ended}");
    let error = receipt["refused"][0]["error"].as_str().unwrap();
    assert!(error.contains("`test.many` with the tags ") && error.contains("item:000001"), "{error}");
    assert_eq!((&receipt["left"], &receipt["unknown"]), (&json!(0), &json!(0)), "{ended}");
    ended.says("InvalidParameterValueException");
}

#[test]
fn a_killed_process_does_not_repeat_its_point() {
    let server = accepting();
    server.fail_times(1, "POST /", ServerFault::Hang);
    let scene = scene(&server.url());
    let mut child = scene.command(&RUN).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let _ = server.wait_for("POST /");

    child.kill().unwrap();
    child.wait().unwrap();

    next_second();
    let next = scene.run(&RUN).with_status(0);
    assert_eq!(delivery(&next)["points_of_earlier_runs"], 0, "{next}");
    assert_eq!(server.requests().len(), 2, "the point of the first run is not sent again");
}
