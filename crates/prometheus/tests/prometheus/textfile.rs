//! Files for the node exporter.

use std::{fs, path::Path, time::Duration};

use tokio::time::Instant;

use crate::harness::{counter, deliver, deliver_all, distribution, gauge, sink, with_unit};

fn table(folder: &Path) -> String {
    format!("textfile = \"{}\"", folder.join("health.prom").display())
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_file_contains_the_points_of_all_deliveries_of_the_last_run() {
    let folder = tempfile::tempdir().unwrap();
    let sink = sink(&table(folder.path())).await;

    deliver_all(&*sink, &[gauge(0, "gone", 1.0, &[])]).await;
    deliver_all(&*sink, &[gauge(1, "a", 1.0, &["n:1"])]).await;
    deliver_all(&*sink, &[gauge(1, "b", 2.0, &[]), gauge(1, "a", 3.0, &["n:2"])]).await;
    deliver_all(&*sink, &[gauge(1, "system_health.reporter.metrics", 2.0, &[])]).await;

    let text = fs::read_to_string(folder.path().join("health.prom")).unwrap();
    let values: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(
        values,
        [
            "a{n=\"1\",reporter=\"acme/shop\"} 1",
            "a{n=\"2\",reporter=\"acme/shop\"} 3",
            "b{reporter=\"acme/shop\"} 2"
        ]
    );
    assert_eq!(names(folder.path()), ["health-reporter.prom", "health.prom"], "there is no temporary file");
}

#[tokio::test]
async fn counters_and_distributions_have_their_own_types() {
    let folder = tempfile::tempdir().unwrap();
    let points = [
        with_unit("ms", counter(0, "cpu.time", 1500.0)),
        with_unit("ms", distribution(0, "wait", [-1000.0, 0.0, 1000.0, 1000.0])),
    ];

    deliver_all(&*sink(&table(folder.path())).await, &points).await;

    let text = fs::read_to_string(folder.path().join("health.prom")).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("# HELP")).collect();
    assert_eq!(
        lines,
        [
            "# TYPE cpu_time_seconds_total counter",
            "cpu_time_seconds_total{reporter=\"acme/shop\"} 1.5",
            "# TYPE wait_seconds histogram",
            "wait_seconds_bucket{le=\"-1.0240000000000002\",reporter=\"acme/shop\"} 0",
            "wait_seconds_bucket{le=\"-0.9390121402415834\",reporter=\"acme/shop\"} 1",
            "wait_seconds_bucket{le=\"0\",reporter=\"acme/shop\"} 2",
            "wait_seconds_bucket{le=\"0.9390121402415833\",reporter=\"acme/shop\"} 2",
            "wait_seconds_bucket{le=\"1.024\",reporter=\"acme/shop\"} 4",
            "wait_seconds_bucket{le=\"+Inf\",reporter=\"acme/shop\"} 4",
            "wait_seconds_sum{reporter=\"acme/shop\"} 1",
            "wait_seconds_count{reporter=\"acme/shop\"} 4",
        ]
    );
}

#[tokio::test]
async fn a_value_of_another_kind_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let points = [gauge(0, "wait", 1.0, &["n:1"]), distribution(0, "wait", [1.0])];

    let fates = deliver(&*sink(&table(folder.path())).await, &points).await;

    assert_eq!(fates.accepted, [1]);
    assert!(fates.refused[&0].starts_with("the values of `wait` have different kinds"), "{fates:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn all_users_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();

    deliver_all(&*sink(&table(folder.path())).await, &[gauge(0, "a", 1.0, &[])]).await;

    let mode = fs::metadata(folder.path().join("health.prom")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
}

#[tokio::test]
async fn a_file_is_replaced_atomically() {
    let folder = tempfile::tempdir().unwrap();
    let sink = sink(&table(folder.path())).await;
    deliver_all(&*sink, &[gauge(0, "a", 1.0, &[])]).await;
    // A reader that has already opened the file continues to read the old contents.
    let path = folder.path().join("health.prom");
    let before = fs::File::open(&path).unwrap();

    deliver_all(&*sink, &[gauge(1, "a", 2.0, &[])]).await;

    let old = std::io::read_to_string(before).unwrap();
    assert!(old.ends_with(" 1\n"), "{old}");
    assert!(fs::read_to_string(&path).unwrap().ends_with(" 2\n"));
}

#[tokio::test]
async fn points_are_left_if_the_folder_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let sink = sink(&table(&folder.path().join("missing"))).await;

    let fates = deliver(&*sink, &[gauge(0, "a", 1.0, &[])]).await;

    let path = folder.path().join("missing/health.prom");
    let start = format!("cannot write {}: No such file", path.display());
    assert!(fates.left[&0].starts_with(&start), "{fates:?}");
    let error = sink.check(Instant::now() + Duration::from_secs(1)).await.unwrap_err();
    assert!(error.to_string().starts_with(&start), "{error}");
}
