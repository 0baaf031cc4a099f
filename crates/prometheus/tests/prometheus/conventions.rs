//! Checks the output with promtool and with the parser of Prometheus' official Python client.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::Duration,
};

use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::Value;
use system_health_registry::{Context, Descriptions, Kind, Point, Tag};
use system_health_test_support::{
    prometheus::{Pushgateway, check_file, check_metrics},
    tools,
};

use crate::harness::{counter, deliver_all, distribution, gauge, sink_in, with_unit};

/// The number of generated pages that are checked.
const CASES: u64 = 300;

/// The points of a run, with the descriptions of their metrics.
#[derive(Debug)]
struct Case {
    points: Vec<Point>,
    descriptions: BTreeMap<String, String>,
}

/// Units, the suffixes of the names, and the divisors of the values.
const UNITS: [(Option<&str>, &str, f64); 4] = [
    (None, "", 1.0),
    (Some("commit"), "", 1.0),
    (Some("ms"), "_seconds", 1000.0),
    (Some("percent"), "_ratio", 100.0),
];

/// Words that promtool does not accept in a name.
const REFUSED_WORDS: [&str; 24] = [
    "counter",
    "gauge",
    "histogram",
    "summary",
    "untyped",
    "total",
    "count",
    "sum",
    "bucket",
    "s",
    "ms",
    "us",
    "ns",
    "sec",
    "b",
    "kb",
    "mb",
    "gb",
    "tb",
    "pb",
    "m",
    "h",
    "d",
    "info",
];

fn cases() -> Vec<Case> {
    let word = || "[a-z][a-z0-9]{0,5}".prop_filter("promtool", |word| !REFUSED_WORDS.contains(&&**word));
    let key = prop::collection::vec(word(), 1..4).prop_map(|words| words.join("."));
    let tags = prop::collection::btree_map("t[a-z]{1,3}", "[a-z0-9:./ü-]{0,12}[a-z0-9ü]", 0..4);
    let value = prop::num::f64::NORMAL | prop::num::f64::ZERO | prop::num::f64::SUBNORMAL;
    let description = prop::option::of("[ -~\n\\\\\"äß\t]{0,40}");
    let metric = (0..UNITS.len(), description, prop::collection::btree_map(tags, value, 1..4));
    let metrics = prop::collection::btree_map(key, metric, 1..6);
    let mut runner =
        TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    (0..CASES).map(|number| case(number, metrics.new_tree(&mut runner).unwrap().current())).collect()
}

/// By key: the position in [`UNITS`], the description, and the values by tags.
type Metrics = BTreeMap<String, (usize, Option<String>, BTreeMap<BTreeMap<String, String>, f64>)>;

fn case(run: u64, metrics: Metrics) -> Case {
    let mut case = Case { points: Vec::new(), descriptions: BTreeMap::new() };
    for (key, (unit, description, series)) in metrics {
        case.descriptions.extend(description.map(|text| (key.clone(), text)));
        for (tags, value) in series {
            let tags: Vec<String> = tags.iter().map(|(name, value)| format!("{name}:{value}")).collect();
            // Some generated texts are not valid tags.
            let valid: Option<BTreeSet<Tag>> = tags.iter().map(|tag| Tag::parse(tag).ok()).collect();
            let Some(tags) = valid else { continue };
            let unit = UNITS[unit].0.map(str::to_owned);
            case.points.push(Point { tags, unit, ..gauge(run, &key, value, &[]) });
        }
    }
    case
}

/// The page of a case in a file for the node exporter.
async fn page(case: &Case) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("health.prom");
    let descriptions = Descriptions::from_iter(case.descriptions.clone());
    let sink =
        sink_in(&format!("textfile = \"{}\"", file.display()), Context::new().provide(descriptions)).await;
    deliver_all(&*sink, &case.points).await;
    fs::read_to_string(file).unwrap()
}

/// The points of a case in Prometheus: name, labels and value.
fn expected(case: &Case) -> Vec<(String, BTreeMap<String, String>, f64)> {
    let mut expected: Vec<_> = case
        .points
        .iter()
        .map(|point| {
            let (_, suffix, divisor) =
                UNITS.iter().find(|(unit, ..)| *unit == point.unit.as_deref()).unwrap();
            let label = |tag: &Tag| {
                tag.as_str().split_once(':').map(|(name, value)| (name.to_owned(), value.to_owned()))
            };
            let name = format!("{}{suffix}", point.key.replace('.', "_"));
            (name, point.tags.iter().filter_map(label).collect(), point.value.number().unwrap() / divisor)
        })
        .collect();
    expected.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    expected
}

#[tokio::test]
#[ignore = "needs Prometheus' parser: run cargo xtask test"]
async fn an_independent_parser_finds_all_points() {
    let mut pages = Vec::new();
    let cases = cases();
    for case in &cases {
        pages.push(page(case).await);
    }

    let parsed = tools::run_contract_script("prometheus_parse.py", &[], &serde_json::to_vec(&pages).unwrap());
    let parsed: Vec<Vec<Value>> = serde_json::from_str(&parsed).unwrap();

    assert!(
        cases.iter().map(|case| case.points.len()).sum::<usize>() > cases.len(),
        "the generator makes points"
    );
    for ((case, families), page) in cases.iter().zip(parsed).zip(pages) {
        let mut found = Vec::new();
        for family in &families {
            assert_eq!(family["type"], "gauge");
            for sample in family["samples"].as_array().unwrap() {
                let labels: BTreeMap<String, String> = serde_json::from_value(sample[1].clone()).unwrap();
                let value: f64 = sample[2].as_str().unwrap().parse().unwrap();
                found.push((sample[0].as_str().unwrap().to_owned(), labels, value));
            }
        }
        found.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
        assert_eq!(found, expected(case), "{page}");
        let helps: BTreeSet<&str> = families.iter().filter_map(|family| family["help"].as_str()).collect();
        for text in case.descriptions.values().map(|text| text.replace('\t', " ")) {
            let has_text = |help: &&str| help.starts_with(text.trim());
            assert!(text.trim().is_empty() || helps.iter().any(has_text), "{text:?} is not in {helps:?}");
        }
    }
}

#[tokio::test]
#[ignore = "needs promtool and the Pushgateway: run cargo xtask test"]
async fn the_pushgateway_accepts_every_page_and_promtool_every_tenth() {
    let gateway = Pushgateway::start();
    let sink = sink_in(&format!("pushgateway = \"{}\"", gateway.url()), Context::new()).await;
    let mut last_page = String::new();
    for (number, case) in cases().into_iter().enumerate() {
        deliver_all(&*sink, &case.points).await;
        last_page = page(&case).await;
        // Only every tenth page is checked, because starting promtool takes longer than everything else.
        if number % 10 == 0 {
            let checked = check_metrics(&last_page);
            assert_eq!((checked.status, &*checked.output), (Some(0), ""), "{last_page}");
        }
    }
    assert_eq!(
        gateway.pushed().iter().filter(|line| !line.starts_with("push_")).count(),
        last_page.lines().filter(|line| !line.starts_with('#')).count()
    );
}

#[tokio::test]
#[ignore = "needs promtool: run cargo xtask test"]
async fn the_names_of_documented_examples_pass_promtool() {
    let interval = Duration::from_hours(1);
    let case = Case {
        points: vec![
            with_unit(
                "commit",
                gauge(0, "commits.hotfix", 3.0, &["branch:main", "job:x", "le:1", "nightly"]),
            ),
            with_unit("run", gauge(0, "ci.runs.total", 3.0, &[])),
            gauge(0, "queue.count", 3.0, &[]),
            with_unit("ms", gauge(0, "build.duration_ms", 3.0, &[])),
            with_unit("day", gauge(0, "branch.age_days", 3.0, &[])),
            with_unit("%", gauge(0, "coverage.percent", 3.0, &[])),
            gauge(0, "ci.testsPassing", 3.0, &[]),
            Point { kind: Kind::Count { interval }, ..with_unit("deploy", gauge(0, "deploys", 3.0, &[])) },
            Point { kind: Kind::Rate { interval }, ..with_unit("byte", gauge(0, "net.bytes", 3.0, &[])) },
            with_unit("build", counter(0, "builds", 3.0)),
            with_unit("ms", counter(0, "cpu.time_ms.total", 3.0)),
            with_unit("ms", distribution(0, "wait.duration_ms", [-2.0, 0.0, 250.0, 250.0])),
        ],
        descriptions: BTreeMap::new(),
    };

    let page = page(&case).await;

    let checked = check_metrics(&page);
    assert_eq!((checked.status, &*checked.output), (Some(0), ""), "{page}");
    // The check can fail: promtool finds these mistakes.
    let wrong = page.replace("ci_runs_total_value", "ci_runs_total");
    assert_eq!(check_metrics(&wrong).status, Some(3));
    assert_eq!(check_metrics(&page.replace("# TYPE", "# TYPE x")).status, Some(1));
    // The documentation has a table with each of these names.
    let documentation = documentation();
    for (name, _) in page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' ')) {
        assert!(documentation.contains(&format!("`{name}`")), "{name} is not documented");
    }
}

#[test]
#[ignore = "needs promtool: run cargo xtask test"]
fn promtool_accepts_the_documented_settings_and_alerts() {
    let documentation = documentation();
    let block = |start: &str| {
        let (_, rest) = documentation.split_once(&format!("```yaml\n{start}")).unwrap();
        format!("{start}{}", rest.split_once("```").unwrap().0)
    };

    for (what, start) in [("config", "scrape_configs:"), ("rules", "groups:")] {
        let checked = check_file(what, &block(start));
        assert_eq!(checked.status, Some(0), "{checked:?}");
        let wrong = block(start).replace("honor_labels: true", "honor_labels: x").replace("time()", "time(");
        assert_eq!(check_file(what, &wrong).status, Some(1));
    }
}

fn documentation() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/prometheus.md")).unwrap()
}
