//! Runs the example against a fake Datadog.

use system_health_test_support::{
    datadog::{self, DatadogIntake},
    scene::{Scene, next_second},
};

/// A settings file with tables that only the `report` command knows.
const SHARED: &str = "[repository]\nname = 'acme/shop'\n[monitors]\nnotify = ['@acme']\n[report]\nenv = 'prod'\n\
                      self_metrics = false\n";

fn scene(intake: &DatadogIntake) -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_embed"))
        .file("system-health.toml", SHARED)
        .variable("DD_URL", intake.url())
        .variable("DD_API_KEY", DatadogIntake::KEY)
}

fn values(intake: &DatadogIntake) -> Vec<f64> {
    let points = intake.points();
    assert!(points.iter().all(|point| point.metric == "shop.orders.waiting"), "{points:?}");
    points.iter().map(|point| point.value).collect()
}

#[test]
fn a_program_delivers_its_own_metrics_and_gets_a_receipt() {
    let intake = DatadogIntake::start();

    let ended = scene(&intake).run(&["3"]).with_status(0);

    assert_eq!(ended.stdout(), "delivered: 1 series, 0 about the reporter, 0 of earlier runs; waiting: 0\n");
    assert_eq!(values(&intake), [3.0]);
}

#[test]
fn undelivered_points_wait_for_the_next_run() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    intake.server().fail_times(1, "/api/v2/series", datadog::error(403, "Forbidden"));

    let first = scene.run(&["3"]).with_status(1);
    next_second();
    let second = scene.run(&["5"]).with_status(0);

    assert_eq!(first.stdout(), "delivered: 0 series, 0 about the reporter, 0 of earlier runs; waiting: 1\n");
    assert_eq!(second.stdout(), "delivered: 1 series, 0 about the reporter, 1 of earlier runs; waiting: 0\n");
    assert_eq!(values(&intake), [3.0, 5.0]);
}

#[test]
fn a_failed_metric_is_not_delivered() {
    let intake = DatadogIntake::start();

    let ended = scene(&intake).run(&["many"]).with_status(0);

    assert_eq!(values(&intake), [0.0; 0]);
    ended.says("shop.orders.waiting failed: invalid digit found in string");
}

#[test]
fn warnings_of_the_reporter_are_printed() {
    let intake = DatadogIntake::start();

    let ended = scene(&intake).variable("SYSTEM_HEALTH_STATE_DIR", "/dev/null/state").run(&["3"]);

    let stderr = ended.stderr();
    let mut lines = stderr.lines();
    assert!(lines.any(|line| line.contains("WARN") && line.contains("/dev/null/state")), "{ended}");
}
