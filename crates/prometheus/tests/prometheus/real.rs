//! Tests with the real Pushgateway and node exporter. A real Prometheus scrapes them and is queried for the values.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::Arc,
    time::Duration,
};

use system_health_registry::Point;
use system_health_test_support::{
    prometheus::{InstantVector, NodeExporter, Prometheus, Pushgateway},
    server::{Answer, Server},
};
use tokio::time::Instant;

use crate::harness::{deliver, deliver_all, gauge, sink, sink_with, with_unit};

/// A bcrypt hash of `hunter22`.
const BCRYPT: &str = "$2b$04$abcdefghijklmnopqrstuunBMgByaIAZYuFgMUjBx8aaeU/9We5xa";

fn points_of_run(number: u64, hotfixes: f64) -> Vec<Point> {
    vec![
        with_unit("commit", gauge(number, "commits.hotfix", hotfixes, &["branch:main", "job:nightly"])),
        with_unit("percent", gauge(number, "coverage", 87.5, &["team:web", "team:api"])),
    ]
}

fn points_about_the_reporter(number: u64) -> Vec<Point> {
    vec![gauge(number, "system_health.reporter.metrics", 2.0, &["state:value"])]
}

fn has(value: f64) -> impl Fn(&InstantVector) -> bool {
    move |found| matches!(found.as_slice(), [(_, found)] if found.total_cmp(&value).is_eq())
}

fn labels(labels: &[(&str, &str)]) -> BTreeMap<String, String> {
    labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn table(gateway: &Pushgateway) -> String {
    format!("pushgateway = \"{}\"", gateway.url())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Prometheus: run cargo xtask test"]
async fn prometheus_has_exactly_the_values_of_the_last_run() {
    let gateway = Pushgateway::start();
    let prometheus = Prometheus::scraping_gateway(&gateway);
    let first = sink(&table(&gateway)).await;
    deliver_all(&*first, &points_of_run(0, 3.0)).await;
    deliver_all(&*first, &points_about_the_reporter(0)).await;

    let found = prometheus.query_until("commits_hotfix", has(3.0));
    let expected = labels(&[
        ("__name__", "commits_hotfix"),
        ("branch", "main"),
        ("exported_job", "nightly"),
        ("job", "system-health"),
        ("reporter", "acme/shop"),
    ]);
    // In Prometheus, an empty label is the same as a missing label.
    assert_eq!(found[0].0.iter().filter(|(_, value)| !value.is_empty()).count(), expected.len());
    assert!(expected.iter().all(|(name, value)| found[0].0.get(name) == Some(value)), "{found:?}");
    prometheus.query_until("coverage_ratio{team=\"api,web\"}", has(0.875));
    prometheus.query_until("system_health_reporter_metrics{job=\"system-health-reporter\"}", has(2.0));
    prometheus.query_until("count(push_time_seconds{reporter=\"acme/shop\"})", has(2.0));

    // The next run is in another process. One of its metrics failed.
    let second = sink(&table(&gateway)).await;
    deliver_all(&*second, &points_of_run(1, 5.0)[..1]).await;

    prometheus.query_until("commits_hotfix", has(5.0));
    prometheus.query_until("coverage_ratio", InstantVector::is_empty);
    prometheus.query_until("absent(coverage_ratio)", has(1.0));
    prometheus.query_until("system_health_reporter_metrics", has(2.0));

    // In the third run, all metrics failed.
    let third = sink(&table(&gateway)).await;
    third.clear(Instant::now() + Duration::from_mins(1)).await.unwrap();
    deliver_all(&*third, &points_about_the_reporter(2)).await;
    prometheus.query_until("commits_hotfix", InstantVector::is_empty);
    prometheus.query_until("system_health_reporter_metrics", has(2.0));
}

#[tokio::test]
#[ignore = "needs Prometheus: run cargo xtask test"]
async fn only_the_metric_that_conflicts_with_another_program_is_refused() {
    let gateway = Pushgateway::start();
    gateway.push("/metrics/job/backup", "# TYPE commits_hotfix counter\ncommits_hotfix 1\n");

    let fates = deliver(&*sink(&table(&gateway)).await, &points_of_run(0, 3.0)).await;

    assert_eq!(fates.accepted, [1]);
    assert!(fates.refused[&0].starts_with("`commits.hotfix` is refused: PUT http"), "{fates:?}");
    assert!(fates.refused[&0].contains(": the Pushgateway refused the metrics (HTTP 400"), "{fates:?}");
    assert!(gateway.pushed().iter().any(|line| line.starts_with("coverage_ratio{")));
}

#[tokio::test]
#[ignore = "needs Prometheus: run cargo xtask test"]
async fn only_old_groups_of_reporters_are_deleted() {
    let gateway = Arc::new(Pushgateway::start());
    let old = |job: &str| format!("/metrics/job/{job}/reporter/old");
    let others = [old("backup"), format!("{}/shard/1", old("system-health"))];
    for group in [old("system-health"), old("system-health-reporter")].iter().chain(&others) {
        gateway.push(group, "a 1\n");
    }
    let groups = || {
        let groups = gateway.groups();
        groups.iter().map(|group| group["labels"].to_string()).collect::<BTreeSet<_>>()
    };
    let own = r#"{"job":"system-health","reporter":"acme/shop"}"#.to_owned();
    // This proxy makes the push times in the Pushgateway's list older.
    let aging_proxy = Server::start({
        let gateway = Arc::clone(&gateway);
        move |request| {
            let page = String::from_utf8(request.body.clone()).unwrap();
            let (status, answer) = gateway.request(&request.method, &request.target, &page);
            Answer::text(status, "text/plain", &answer.replace("\"value\":\"1.", "\"value\":\"0.9"))
        }
    });
    let before = groups();

    deliver_all(&*sink(&format!("pushgateway = \"{}\"", aging_proxy.url())).await, &points_of_run(0, 3.0))
        .await;
    assert_eq!(groups(), &before | &BTreeSet::from([own.clone()]), "groups are not deleted by default");
    deliver_all(&*sink(&format!("{}\ndelete_after = \"1h\"", table(&gateway))).await, &points_of_run(1, 3.0))
        .await;
    assert_eq!(groups(), &before | &BTreeSet::from([own.clone()]), "the groups have just been pushed");
    let table = format!("pushgateway = \"{}\"\ndelete_after = \"7d\"", aging_proxy.url());
    deliver_all(&*sink(&table).await, &points_of_run(2, 3.0)).await;

    let shard = r#"{"job":"system-health","reporter":"old","shard":"1"}"#;
    let backup = r#"{"job":"backup","reporter":"old"}"#;
    assert_eq!(groups(), BTreeSet::from([own, shard.to_owned(), backup.to_owned()]));
}

#[tokio::test]
#[ignore = "needs Prometheus: run cargo xtask test"]
async fn a_pushgateway_with_a_login_refuses_pushes_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Pushgateway::start_with_login(folder.path(), "me", BCRYPT);

    let nobody = deliver(&*sink(&table(&gateway)).await, &points_of_run(0, 3.0)).await;
    let login = [("PUSHGATEWAY_USERNAME", "me"), ("PUSHGATEWAY_PASSWORD", "hunter22")];
    let me = deliver(&*sink_with(&table(&gateway), &login).await, &points_of_run(0, 3.0)).await;

    assert!(nobody.left[&0].contains("PUSHGATEWAY_PASSWORD"), "{nobody:?}");
    assert_eq!(me.accepted, [0, 1], "{me:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Prometheus: run cargo xtask test"]
async fn the_node_exporter_reads_the_textfile() {
    let folder = tempfile::tempdir().unwrap();
    let exporter = NodeExporter::start(folder.path());
    let prometheus = Prometheus::scraping_node(&exporter);
    let file = folder.path().join("health.prom");
    let sink = sink(&format!("textfile = \"{}\"", file.display())).await;

    deliver_all(&*sink, &points_of_run(0, 3.0)).await;
    deliver_all(&*sink, &points_about_the_reporter(0)).await;

    let found = prometheus.query_until("commits_hotfix", has(3.0));
    let expected =
        [("job", "target"), ("reporter", "acme/shop"), ("exported_job", "nightly"), ("branch", "main")];
    assert!(
        expected.iter().all(|(name, value)| found[0].0.get(*name).is_some_and(|found| found == value)),
        "{found:?}"
    );
    prometheus.query_until("node_textfile_scrape_error", has(0.0));
    prometheus.query_until("count(node_textfile_mtime_seconds)", has(2.0));

    sink.clear(Instant::now() + Duration::from_mins(1)).await.unwrap();
    deliver_all(&*sink, &points_about_the_reporter(1)).await;
    prometheus.query_until("commits_hotfix", InstantVector::is_empty);
    prometheus.query_until("node_textfile_scrape_error", has(0.0));
    assert_eq!(fs::read_to_string(&file).unwrap(), "");
    assert!(exporter.page().contains("system_health_reporter_metrics"));
}
