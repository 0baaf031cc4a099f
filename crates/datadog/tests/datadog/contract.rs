//! Validates requests against Datadog's own API description.

use std::{collections::BTreeSet, fs};

use serde_json::Value;
use system_health_datadog::Site;
use system_health_test_support::{
    datadog::{DatadogIntake, contract},
    tools,
};

use crate::harness::{deliver, mixed, sink};

#[tokio::test]
#[ignore = "needs Datadog's API description: run cargo xtask test"]
async fn sent_payloads_match_datadogs_api_description() {
    let intake = DatadogIntake::start();
    deliver(&sink(&intake), &mixed()).await;
    let sent = intake.payloads().remove(0);
    let broken = |pointer: &str, value: Value| {
        let mut payload = sent.clone();
        *payload.pointer_mut(pointer).unwrap() = value;
        contract::Message::series(payload)
    };

    let problems = contract::problems(&[
        contract::Message::series(sent.clone()),
        broken("/series/0/type", "gauge".into()),
        broken("/series/3/points/0/timestamp", "now".into()),
    ]);

    assert_eq!(problems[0], [""; 0]);
    assert!(!problems[1].is_empty() && !problems[2].is_empty(), "{problems:?}");
}

#[test]
#[ignore = "needs Datadog's API description: run cargo xtask test"]
fn the_sites_are_those_in_datadogs_api_description() {
    let description: Value =
        serde_json::from_slice(&fs::read(tools::file("datadog/v2.json")).unwrap()).unwrap();
    let listed = description["servers"][0]["variables"]["site"]["enum"].as_array().unwrap();

    let described: BTreeSet<&str> = listed.iter().filter_map(Value::as_str).collect();

    assert_eq!(described, Site::ALL.iter().map(Site::as_str).collect());
}
