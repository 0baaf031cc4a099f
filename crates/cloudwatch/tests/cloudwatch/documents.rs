//! Documents in the Embedded Metric Format, checked with a schema that was made from its specification.

use std::{fs, path::Path, sync::Arc, time::Duration};

use serde_json::{Value as Json, json};
use system_health_registry::{Context, Point, StandardOutput};
use system_health_test_support::tools::run_contract_script;
use tempfile::NamedTempFile;

use crate::harness::{TIME, deliver, deliver_within, destination, distribution, gauge};

const EMF: &str = "emf = true\nnamespace = 'Shop'";

/// Delivers to a file in place of the standard output. Returns the fates and the lines.
async fn written(points: &[Point]) -> (Vec<String>, Vec<Json>) {
    let file = NamedTempFile::new().unwrap();
    let stdout = StandardOutput::from(Arc::new(file.reopen().unwrap()));
    let sink = destination(EMF).connect(Context::new().provide(stdout)).await.unwrap();
    let fates = deliver(&*sink, points).await;
    let text = fs::read_to_string(file.path()).unwrap();
    (fates, text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn metrics(line: &Json) -> Vec<&str> {
    let metrics = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap();
    metrics.iter().map(|metric| metric["Name"].as_str().unwrap()).collect()
}

/// Asserts that all names in a document refer to members of the right type.
fn check_references(line: &Json) {
    assert!(metrics(line).iter().all(|name| line[name].is_number() || line[name].is_array()), "{line}");
    let dimensions = line["_aws"]["CloudWatchMetrics"][0]["Dimensions"][0].as_array().unwrap();
    assert!(dimensions.iter().all(|name| line[name.as_str().unwrap()].is_string()), "{line}");
    assert_eq!(line.as_object().unwrap().len(), 1 + metrics(line).len() + dimensions.len(), "{line}");
}

/// The faults that the schema finds in each document.
fn faults(lines: &[Json]) -> Vec<Vec<String>> {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cloudwatch/emf.schema.json");
    let input = serde_json::to_vec(lines).unwrap();
    serde_json::from_str(&run_contract_script("json_schema_check.py", &[&schema], &input)).unwrap()
}

#[tokio::test]
async fn metrics_with_the_same_dimensions_and_time_share_a_document() {
    let earlier =
        Point { timestamp: gauge("a", 0.0, &[]).timestamp - Duration::from_mins(15), ..gauge("a", 3.0, &[]) };
    let points = [
        Point { unit: Some("second".to_owned()), ..gauge("ci.duration", 1.5, &["branch:main"]) },
        gauge("a", 2.0, &[]),
        gauge("b", 4.0, &["branch:main"]),
        earlier,
    ];

    let (fates, lines) = written(&points).await;

    assert_eq!(fates, ["accepted"; 4]);
    assert_eq!(
        lines[2],
        json!({
            "_aws": {
                "Timestamp": TIME * 1000,
                "CloudWatchMetrics": [{
                    "Namespace": "Shop",
                    "Dimensions": [["branch"]],
                    "Metrics": [
                        {"Name": "ci.duration", "Unit": "Seconds", "StorageResolution": 60},
                        {"Name": "b", "Unit": "None", "StorageResolution": 60},
                    ],
                }],
            },
            "branch": "main", "ci.duration": 1.5, "b": 4.0,
        })
    );
    assert_eq!(lines.len(), 3);
    assert_eq!((&lines[0]["a"], &lines[1]["a"]), (&json!(3.0), &json!(2.0)));
    lines.iter().for_each(check_references);
}

#[tokio::test]
async fn documents_have_at_most_100_metrics_and_100_values_of_each() {
    let mut points: Vec<Point> = (0..250).map(|number| gauge(&format!("m{number}"), 1.0, &["x:y"])).collect();
    points.push(distribution("d", (1..=230).map(f64::from)));

    let (fates, lines) = written(&points).await;

    assert!(fates.iter().all(|fate| fate == "accepted"));
    let lengths: Vec<usize> = lines.iter().map(|line| metrics(line).len()).collect();
    assert_eq!(lengths, [1, 1, 1, 100, 100, 50]);
    let values: Vec<usize> = lines[..3].iter().map(|line| line["d"].as_array().unwrap().len()).collect();
    assert_eq!(values, [100, 100, 30]);
    lines.iter().for_each(check_references);
}

#[tokio::test]
async fn the_largest_document_is_smaller_than_the_limit() {
    let tags: Vec<String> = (10..40).map(|number| format!("t{number}:{}", "x".repeat(190))).collect();
    let tags: Vec<&str> = tags.iter().map(|tag| &**tag).collect();
    let values: Vec<f64> =
        (0..100).map(|number| -1.234_567_890_123_456e-101 * (1.0 + f64::from(number))).collect();
    let metric = |number: usize| {
        let tags = gauge("g", 0.0, &tags).tags;
        Point { tags, ..distribution(&format!("m{number:0199}"), values.iter().copied()) }
    };
    let points: Vec<Point> = (0..100).map(metric).collect();

    let (_, lines) = written(&points).await;

    assert_eq!((lines.len(), metrics(&lines[0]).len()), (1, 100));
    // The specification allows 1 MB.
    assert!(lines[0].to_string().len() < 1_000_000, "{}", lines[0].to_string().len());
}

#[tokio::test]
async fn points_that_have_no_document_are_refused_and_the_others_written() {
    let points = [
        gauge("a", 1.0, &[]),
        gauge("branch", 1.0, &["branch:main"]),
        distribution("d", std::iter::repeat_n(1.0, 10_001)),
        gauge("b", f64::INFINITY, &[]),
        gauge("c", 1.0, &[]),
    ];

    let (fates, lines) = written(&points).await;

    assert_eq!((&*fates[0], &*fates[4]), ("accepted", "accepted"));
    assert!(
        fates[1].starts_with("refused: `branch` cannot be delivered: one of its tags is named `branch`"),
        "{fates:?}"
    );
    assert!(fates[2].contains("the distribution has 10001 values, and at most 10000"), "{fates:?}");
    assert!(fates[3].starts_with("refused: "), "{fates:?}");
    assert_eq!(metrics(&lines[0]), ["a", "c"]);
    let preview = destination(EMF).preview(Context::new(), &points, &[]).await.unwrap();
    assert_eq!(preview["lines"], json!(lines));
    assert_eq!(preview["refused"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn points_are_unknown_if_writing_fails_and_left_if_there_is_no_time() {
    let file = NamedTempFile::new().unwrap();
    let read_only = StandardOutput::from(Arc::new(fs::File::open(file.path()).unwrap()));
    let sink = destination(EMF).connect(Context::new().provide(read_only)).await.unwrap();
    let points = [gauge("a", 1.0, &[])];

    let failed = deliver(&*sink, &points).await;
    let too_late = deliver_within(Duration::ZERO, &*sink, &points).await;

    assert!(failed[0].starts_with("unknown: cannot write to the standard output"), "{failed:?}");
    assert!(too_late[0].starts_with("left: no time was left"), "{too_late:?}");
}

#[tokio::test]
#[ignore = "needs jsonschema: run cargo xtask test"]
async fn documents_obey_the_specification() {
    let mut points: Vec<Point> =
        (0..150).map(|number| gauge(&format!("m{number}"), 0.5, &["x:y", "z"])).collect();
    points.push(distribution("d", (1..=230).map(f64::from)));
    points.push(Point { unit: Some("%".to_owned()), ..gauge("p", 99.5, &[]) });
    let (_, lines) = written(&points).await;
    assert!(faults(&lines).iter().all(Vec::is_empty), "{:?}", faults(&lines));

    // Each of these mistakes is found.
    let (document, directive) = (&lines[0], "/_aws/CloudWatchMetrics/0");
    let changes: [(String, Json); 8] = [
        ("/_aws/Timestamp".into(), json!(TIME)),
        ("/_aws/Timestamp".into(), json!("2026-01-02T03:04:05Z")),
        (format!("{directive}/Namespace"), json!("")),
        (
            format!("{directive}/Dimensions/0"),
            json!((0..31).map(|number| format!("n{number}")).collect::<Vec<_>>()),
        ),
        (format!("{directive}/Metrics"), json!(vec![json!({"Name": "a"}); 101])),
        (format!("{directive}/Metrics/0/Unit"), json!("Second")),
        (format!("{directive}/Metrics/0"), json!({"Unit": "None"})),
        ("/d".into(), json!(vec![1; 101])),
    ];
    let wrong: Vec<Json> = changes
        .iter()
        .map(|(path, value)| {
            let mut document = document.clone();
            *document.pointer_mut(path).expect(path) = value.clone();
            document
        })
        .collect();
    for (faults, (path, _)) in faults(&wrong).iter().zip(&changes) {
        assert!(!faults.is_empty(), "{path}");
    }
}
