//! Faults of a Pushgateway and a textfile. Both contain only the values of one run, and the next run replaces these values.

use std::fs;

use serde_json::json;
use system_health_test_support::{
    scene::{Scene, next_second},
    server::{Answer, Fault, Request, Server},
    wire::{FaultyServer, WireFault},
};

use crate::{
    network::ALWAYS,
    scenario::{Scenario, delivery, kill_when, upstream, wait_until},
};

const GATEWAY: &str = "Pushgateway";
const TEXTFILE: &str = "textfile";
const RUN: [&str; 6] = ["--push", "--no-self-metrics", "--only", "test.value", "--deadline", "5s"];

const DOWN: &str = "connection refused";
const REFUSED: &str = "400 for one of two metrics";
const NO_FOLDER: &str = "its folder is missing";
const KILLED: &str = "the process is killed (SIGKILL) during the delivery";

/// The rows of the table in `docs/reliability.md`.
pub(crate) fn scenarios() -> Vec<Scenario> {
    let nothing = "nothing yet; the next run replaces the values";
    [
        (GATEWAY, DOWN, nothing, 3),
        (GATEWAY, REFUSED, "all but the refused metric", 3),
        (GATEWAY, KILLED, "perhaps; the next run replaces the values", 137),
        (TEXTFILE, NO_FOLDER, nothing, 3),
        (TEXTFILE, KILLED, "all; the next run replaces the values", 137),
    ]
    .map(|(place, fault, delivered, status)| Scenario { place, fault: fault.to_owned(), delivered, status })
    .into()
}

fn status(place: &str, fault: &str) -> i32 {
    let row = scenarios().into_iter().find(|row| row.place == place && row.fault == fault);
    row.unwrap_or_else(|| panic!("no row for {place}: {fault}")).status
}

/// A scene whose only destination is in the settings `[prometheus]`.
fn scene(table: &str) -> Scene {
    let settings = format!("[report]\nto = ['prometheus']\n[prometheus]\n{table}\n");
    Scene::new(env!("CARGO_BIN_EXE_test-report")).file("system-health.toml", &settings)
}

fn gateway_at(url: &str) -> Scene {
    scene(&format!("pushgateway = '{url}'"))
}

fn body(request: &Request) -> String {
    String::from_utf8(request.body.clone()).unwrap()
}

/// Checks that a page has the value of one run.
fn check_page(page: &str) {
    let values: Vec<&str> = page.lines().filter(|line| line.starts_with("test_value")).collect();
    assert!(matches!(*values, [value] if value.ends_with(" 7")), "{page}");
}

/// Checks that the next run delivers its own value, and drops the one that the first run could not deliver.
fn check_next(scene: &Scene) {
    next_second();
    let next = scene.run(&RUN).with_status(0);
    let receipt = delivery(&next);
    assert_eq!(
        (&receipt["series"], &receipt["superseded"], &receipt["points_of_earlier_runs"]),
        (&json!(1), &json!(1), &json!(0)),
        "{next}"
    );
}

#[test]
fn the_next_run_replaces_points_if_the_pushgateway_is_down() {
    let gateway = Server::start(|_| Answer::text(200, "text/plain", ""));
    let server = FaultyServer::start(WireFault::Refused, ALWAYS, upstream(&gateway.url()));
    let scene = gateway_at(&server.url());

    let first = scene.run(&RUN).with_status(status(GATEWAY, DOWN));

    assert_eq!(delivery(&first)["left"], 1, "{first}");
    server.heal();
    check_next(&scene);
    let requests = gateway.requests();
    assert_eq!(requests.iter().map(|request| &*request.method).collect::<Vec<_>>(), ["PUT"]);
    check_page(&body(&requests[0]));
}

#[test]
fn the_pushgateway_gets_all_metrics_but_the_refused_one() {
    let gateway = Server::start(|request| match body(request) {
        page if page.contains("\ntest_prints") => Answer::text(
            400,
            "text/plain",
            "pushed metrics are invalid or inconsistent with existing metrics",
        ),
        _ => Answer::text(200, "text/plain", ""),
    });
    let run = [&RUN[..], &["--only", "test.prints"]].concat();

    let ended = gateway_at(&gateway.url()).run(&run).with_status(status(GATEWAY, REFUSED));

    let receipt = delivery(&ended);
    assert_eq!((&receipt["series"], &receipt["refused"][0]["series"]), (&json!(1), &json!(1)), "{ended}");
    assert!(receipt["refused"][0]["error"].to_string().contains("`test.prints`"), "{ended}");
    check_page(&body(gateway.requests().last().unwrap()));
}

#[test]
fn the_next_run_replaces_points_of_a_killed_process() {
    for fault in [Fault::Hang, Fault::HangAfterwards] {
        let gateway = Server::start(|_| Answer::text(200, "text/plain", ""));
        gateway.fail_times(1, "PUT", fault);
        let scene = gateway_at(&gateway.url());
        kill_when(&scene, &RUN, || drop(gateway.wait_for("PUT")));

        check_next(&scene);
        let last = gateway.requests().pop().unwrap();
        assert_eq!(last.method, "PUT", "the values of the killed run are replaced");
        check_page(&body(&last));
    }
}

#[test]
fn the_next_run_replaces_points_if_the_folder_is_missing() {
    let scene = scene("textfile = 'missing/health.prom'");
    let folder = scene.folder().join("missing");

    let first = scene.run(&RUN).with_status(status(TEXTFILE, NO_FOLDER));

    assert_eq!(delivery(&first)["left"], 1, "{first}");
    fs::create_dir(&folder).unwrap();
    check_next(&scene);
    check_page(&fs::read_to_string(folder.join("health.prom")).unwrap());
}

#[test]
fn the_textfile_of_a_killed_process_is_complete() {
    let scene = scene("textfile = 'health.prom'");
    let file = scene.folder().join("health.prom");
    kill_when(&scene, &RUN, || wait_until(|| file.exists()));

    check_page(&fs::read_to_string(&file).unwrap());
    next_second();
    let next = scene.run(&RUN).with_status(0);
    // The process may have recorded the delivery before it was killed.
    assert_eq!((&delivery(&next)["series"], &delivery(&next)["left"]), (&json!(1), &json!(0)), "{next}");
    check_page(&fs::read_to_string(&file).unwrap());
}
