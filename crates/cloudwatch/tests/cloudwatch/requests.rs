//! What a request contains, and the limits of a request and a datum.

use std::{sync::Arc, time::Duration};

use serde_json::{Value as Json, json};
use system_health_registry::{Context, Distribution, Kind, Point, Repeat, Temporality, Value};
use system_health_test_support::server::{Answer, Server};

use crate::harness::{
    PUT_METRIC_DATA, TIME, accepting, body, data, deliver, destination, distribution, error, gauge, sink,
};

/// Number of different values of [`many_values`].
const VALUE_COUNT: i32 = 400;

fn many_values() -> Distribution {
    Distribution::from_values((0..VALUE_COUNT).map(|power| 1.02_f64.powi(power))).unwrap()
}

#[tokio::test]
async fn a_datum_has_name_dimensions_time_value_and_unit() {
    let server = accepting();
    let interval = Duration::from_mins(15);
    let points = [
        Point { unit: Some("second".to_owned()), ..gauge("ci.duration", 1.5, &["branch:main", "nightly"]) },
        Point { kind: Kind::Count { interval }, ..gauge("deploys", 3.0, &[]) },
        distribution("latency", [0.25, 0.25, 8.0]),
    ];

    let fates = deliver(&*sink(&server.url()).await, &points).await;

    assert_eq!(fates, ["accepted"; 3]);
    let request = server.requests().remove(0);
    let header = |name: &str| request.headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("x-amz-target"), "GraniteServiceVersion20100801.PutMetricData");
    assert_eq!(header("content-type"), "application/x-amz-json-1.0");
    assert!(!request.headers.contains_key("content-encoding"), "a small request is not compressed");
    assert!(header("authorization").contains("/us-east-1/monitoring/aws4_request"));
    let mut sent = body(&request);
    // The value of a bucket is within 1 % of the values in it.
    let values = sent["MetricData"][2]["Values"].take();
    let is_close = |at: usize, value: f64| (values[at].as_f64().unwrap() / value - 1.0).abs() < 0.01;
    assert!(is_close(0, 0.25) && is_close(1, 8.0), "{values}");
    assert_eq!(
        sent,
        json!({"Namespace": "Shop", "MetricData": [
            {
                "MetricName": "ci.duration",
                "Dimensions": [{"Name": "branch", "Value": "main"}, {"Name": "nightly", "Value": "True"}],
                "Timestamp": TIME, "Value": 1.5, "Unit": "Seconds", "StorageResolution": 60,
            },
            {"MetricName": "deploys", "Timestamp": TIME, "Value": 3.0, "Unit": "Count", "StorageResolution": 60},
            {
                "MetricName": "latency", "Timestamp": TIME, "Values": null, "Counts": [2, 1], "Unit": "Seconds",
                "StorageResolution": 60,
            },
        ]})
    );
}

#[tokio::test]
async fn a_distribution_with_many_values_has_several_data_in_one_request() {
    let server = accepting();
    let value = many_values();
    let (count, sum) = (f64::from(u32::try_from(value.count()).unwrap()), value.sum());
    let point = |value: Distribution| Point {
        value: Value::Distribution(Arc::new(value)),
        ..distribution("d", [1.0])
    };
    // The first request has space for one more datum, but not for all of the distribution.
    let mut points: Vec<Point> = (0..999).map(|number| gauge("g", 1.0, &[&format!("n:{number}")])).collect();
    points.push(point(value));

    let fates = deliver(&*sink(&server.url()).await, &points).await;

    assert!(fates.iter().all(|fate| fate == "accepted"));
    let data = data(&server);
    assert_eq!((data.len(), data[0].len()), (2, 999));
    let lists = |name: &str| -> Vec<Vec<f64>> {
        let list =
            |datum: &Json| datum[name].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
        data[1].iter().map(list).collect()
    };
    let (values, counts) = (lists("Values"), lists("Counts"));
    assert!(values.len() > 1 && values.iter().all(|values| values.len() <= 150), "{values:?}");
    // The statistics of the data add up to those of the distribution.
    let pairs = || values.iter().flatten().zip(counts.iter().flatten());
    assert!((pairs().map(|(_, count)| count).sum::<f64>() - count).abs() < 1e-9);
    assert!((pairs().map(|(value, count)| value * count).sum::<f64>() / sum - 1.0).abs() < 0.01);
    assert!(values.concat().is_sorted_by(|a, b| a < b), "each value is listed once");
}

#[tokio::test]
async fn requests_have_at_most_1000_data() {
    let server = accepting();
    let points: Vec<Point> = (0..2500).map(|number| gauge("g", 1.0, &[&format!("n:{number}")])).collect();

    let fates = deliver(&*sink(&server.url()).await, &points).await;

    assert!(fates.iter().all(|fate| fate == "accepted"));
    let lengths: Vec<usize> = data(&server).iter().map(Vec::len).collect();
    assert_eq!(lengths, [1000, 1000, 500]);
}

#[tokio::test]
async fn requests_have_at_most_one_megabyte() {
    let server = accepting();
    let tags: Vec<String> = (10..39).map(|number| format!("t{number}:{}", "x".repeat(180))).collect();
    let points: Vec<Point> = (0..500)
        .map(|number| {
            let own_tag = format!("n:{number}");
            let tags: Vec<&str> = tags.iter().map(|tag| &**tag).chain([&*own_tag]).collect();
            gauge("g", 1.0, &tags)
        })
        .collect();

    let fates = deliver(&*sink(&server.url()).await, &points).await;

    assert!(fates.iter().all(|fate| fate == "accepted"));
    let sizes: Vec<usize> = server.requests().iter().map(|request| request.body.len()).collect();
    assert!(sizes.len() > 2 && sizes.iter().all(|size| *size <= 1_000_000), "{sizes:?}");
    assert!(sizes[0] > 990_000, "the space is used: {sizes:?}");
    assert_eq!(data(&server).concat().len(), 500);
    for request in server.requests() {
        assert_eq!(request.headers["content-encoding"], "gzip");
        assert!(request.wire_length * 10 < request.body.len(), "{}", request.wire_length);
    }
}

#[tokio::test]
async fn points_that_cloudwatch_cannot_store_are_refused_and_the_others_delivered() {
    let server = accepting();
    let many: Vec<String> = (0..31).map(|number| format!("t{number}:x")).collect();
    let many: Vec<&str> = many.iter().map(|tag| &**tag).collect();
    let points = [
        gauge("a", 1.0, &many),
        gauge("b", 1.0, &["stadt:köln"]),
        gauge("c", 1e200, &[]),
        gauge("d", 1.0, &many[1..]),
        gauge("e", f64::NAN, &[]),
    ];

    let fates = deliver(&*sink(&server.url()).await, &points).await;

    assert_eq!(
        fates[0],
        "refused: `a` cannot be delivered: it has 31 dimensions, and CloudWatch accepts at most 30; remove tags"
    );
    assert!(fates[1].contains("the tag `stadt:köln` is not ASCII"), "{fates:?}");
    assert!(fates[2].starts_with("refused: ") && fates[2].contains("from -2^360 to 2^360"), "{fates:?}");
    assert_eq!(fates[3], "accepted");
    assert!(fates[4].starts_with("refused: "), "{fates:?}");
    assert_eq!(data(&server).concat().len(), 1);
}

#[tokio::test]
async fn an_invalid_datum_is_found_and_the_others_are_delivered() {
    let server = Server::start(|request| {
        let is_invalid = String::from_utf8_lossy(&request.body).contains("\"bad");
        if is_invalid { error(400, "InvalidParameterValueException") } else { Answer::json(200, &json!({})) }
    });
    let key = |number| if number % 40 == 7 { format!("bad{number}") } else { format!("good{number}") };
    let mut points: Vec<Point> = (0..100).map(|number| gauge(&key(number), 1.0, &[])).collect();
    points[47] = gauge("bad47", 1.0, &["branch:main", "team:web"]);

    let fates = deliver(&*sink(&server.url()).await, &points).await;

    let refused: Vec<usize> = (0..100).filter(|at| fates[*at].starts_with("refused: ")).collect();
    assert_eq!(refused, [7, 47, 87]);
    assert_eq!(fates.iter().filter(|fate| *fate == "accepted").count(), 97);
    assert!(fates[7].starts_with("refused: CloudWatch does not accept `bad7`: "), "{}", fates[7]);
    assert!(fates[7].contains("AWS returned an error (InvalidParameterValueException): no"), "{}", fates[7]);
    let with_tags = "refused: CloudWatch does not accept `bad47` with the tags branch:main, team:web: ";
    assert!(fates[47].starts_with(with_tags), "{}", fates[47]);
    assert!(server.requests().len() < 50);
}

#[tokio::test]
async fn a_preview_shows_the_requests_and_sends_none() {
    let points = [gauge("a", 1.0, &[]), gauge("b", 1e200, &[])];

    let preview = destination(PUT_METRIC_DATA).preview(Context::new(), &points, &[]).await.unwrap();

    assert_eq!(preview["requests"][0]["Namespace"], "Shop");
    assert_eq!(preview["requests"][0]["MetricData"].as_array().unwrap().len(), 1);
    assert!(preview["refused"][0].as_str().unwrap().starts_with("`b` cannot be delivered"), "{preview}");
}

#[test]
fn each_destination_has_its_address_and_the_capabilities_of_cloudwatch() {
    for (table, address) in [
        (PUT_METRIC_DATA, "Shop"),
        ("namespace = 'Shop'\nregion = 'eu-west-1'", "Shop in eu-west-1"),
        ("emf = true", "SystemHealth as EMF on stdout"),
    ] {
        let destination = destination(table);
        let capabilities = destination.capabilities();
        assert_eq!(destination.address(), address);
        assert_eq!(destination.owns_stdout(), table == "emf = true");
        let interval = Duration::from_mins(1);
        for kind in [Kind::Gauge, Kind::Count { interval }, Kind::Rate { interval }, Kind::Distribution] {
            assert_eq!(capabilities.repeat(kind), Repeat::AddsUp, "{kind:?}");
        }
        assert_eq!(capabilities.counter_temporality, Temporality::Delta);
        assert_eq!(capabilities.max_age, Duration::from_hours(14 * 24));
        assert_eq!(capabilities.max_ahead, Duration::from_hours(2));
    }
}
