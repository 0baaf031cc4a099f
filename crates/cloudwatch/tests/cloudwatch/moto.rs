//! Tests with the real moto server, which stores the values. In its authenticating mode, it checks policies.

use std::path::Path;

use serde_json::json;
use system_health_registry::{Grade, Point};
use system_health_test_support::moto::{AccessKey, Moto};

use crate::harness::{PUT_METRIC_DATA, context, deliver, destination, distribution, gauge, sink};

#[tokio::test]
#[ignore = "needs moto: run cargo xtask test"]
async fn moto_stores_values_and_adds_up_repeated_ones() {
    let moto = Moto::start();
    let sink = sink(&moto.url()).await;
    let points = [
        Point { unit: Some("second".to_owned()), ..gauge("ci.duration", 1.5, &["branch:main"]) },
        gauge("ci.duration", 4.0, &["branch:next"]),
        distribution("latency", [2.0, 2.0, 2.0]),
    ];

    assert_eq!(deliver(&*sink, &points).await, ["accepted"; 3]);

    let statistics = |metric: &str, dimensions| {
        let found = moto.metric_statistics("Shop", metric, &dimensions);
        (found["SampleCount"].clone(), found["Sum"].clone(), found["Unit"].clone())
    };
    let branch = |value: &str| json!([{"Name": "branch", "Value": value}]);
    assert_eq!(statistics("ci.duration", branch("main")), (json!(1.0), json!(1.5), json!("Seconds")));
    assert_eq!(statistics("ci.duration", branch("next")), (json!(1.0), json!(4.0), json!("None")));
    assert_eq!(statistics("latency", json!([])), (json!(3.0), json!(6.0), json!("Seconds")));

    // A large request is compressed.
    let many: Vec<Point> = (0..200).map(|number| gauge("many", 0.5, &[&format!("n:{number}")])).collect();
    assert!(deliver(&*sink, &many).await.iter().all(|fate| fate == "accepted"));
    assert_eq!(statistics("many", json!([{"Name": "n", "Value": "199"}])).0, json!(1.0));

    // A repeated delivery is added up. Therefore, a point whose fate is unknown is not sent again.
    let _ = deliver(&*sink, &points).await;
    assert_eq!(statistics("ci.duration", branch("main")).1, json!(3.0));
}

#[tokio::test]
#[ignore = "needs moto: run cargo xtask test"]
async fn the_documented_policy_is_sufficient_and_without_it_access_is_denied() {
    let policy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/iam-policy-cloudwatch.json");
    // In the action, moto expects the service name of the signature, which is `monitoring`. It does not support the condition.
    let mut policy: serde_json::Value = serde_json::from_slice(&std::fs::read(policy).unwrap()).unwrap();
    assert_eq!(policy["Statement"][0]["Action"], "cloudwatch:PutMetricData");
    let statement = policy["Statement"][0].as_object_mut().unwrap();
    statement.insert("Action".to_owned(), json!("monitoring:PutMetricData"));
    statement.remove("Condition");
    // The first requests are not authenticated: two for each user and one for the policy.
    let moto = Moto::start_authenticating(5);
    let (allowed, denied) = (moto.create_user("reporter"), moto.create_user("nobody"));
    moto.put_user_policy("reporter", &policy.to_string());
    let context_of = |key: &AccessKey| context(&moto.url(), &key.id, &key.secret);

    let findings = destination(PUT_METRIC_DATA).diagnose(context_of(&allowed)).await;
    assert_eq!(findings[0].grade, Grade::Ok, "{findings:?}");
    let sink = destination(PUT_METRIC_DATA).connect(context_of(&allowed)).await.unwrap();
    assert_eq!(deliver(&*sink, &[gauge("a", 1.0, &[])]).await, ["accepted"]);

    let findings = destination(PUT_METRIC_DATA).diagnose(context_of(&denied)).await;
    assert_eq!(findings[0].grade, Grade::Failed);
    let message = &findings[0].message;
    assert!(message.contains("access is denied") && message.contains("the IAM policy lacks"), "{message}");
    let sink = destination(PUT_METRIC_DATA).connect(context_of(&denied)).await.unwrap();
    let fates = deliver(&*sink, &[gauge("a", 1.0, &[])]).await;
    assert!(fates[0].starts_with("left: the request cloudwatch:PutMetricData failed"), "{fates:?}");
}
