//! `report --push`, `--dry-run` and `doctor` with CloudWatch as the destination.
#![cfg(feature = "cloudwatch")]

use std::time::Duration;

use serde_json::{Value, json};
use system_health_test_support::{
    moto::AccessKey,
    scene::Scene,
    server::{Answer, Server},
};

fn scene(table: &str) -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_report")).git_work_tree().commit("hotfix", Duration::from_mins(1)).file(
        "system-health.toml",
        &format!("[report]\nself_metrics = false\n[secrets]\naws = false\n[cloudwatch]\n{table}"),
    )
}

#[test]
fn a_push_in_the_embedded_metric_format_prints_only_its_documents() {
    let scene = scene("emf = true\n");

    let preview =
        scene.run(&["--dry-run", "--to", "cloudwatch", "--only", "commits.*"]).with_status(0).stdout();
    let ended = scene.run(&["--push", "--to", "cloudwatch", "--only", "commits.*"]).with_status(0);

    assert!(preview.contains("CloudWatchMetrics") && preview.contains("commits.hotfix"), "{preview}");
    let stdout = ended.stdout();
    let documents: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(documents.iter().all(|document| document["_aws"]["Timestamp"].is_u64()), "{stdout}");
    assert!(documents.iter().any(|document| document["commits.hotfix"] == 1.0), "{stdout}");
}

#[test]
fn metrics_are_sent_to_the_region_of_the_settings() {
    let server = Server::start(|_| Answer::json(200, &json!({})));
    let scene =
        scene("namespace = 'Shop'\nregion = 'eu-central-1'\n").aws(server.url(), &AccessKey::example());

    let ended = scene.run(&["--push", "--only", "commits.hotfix"]).with_status(0);

    assert_eq!(ended.json()["deliveries"][0]["address"], "Shop in eu-central-1");
    let request = server.requests().remove(0);
    assert!(request.headers["authorization"].to_str().unwrap().contains("/eu-central-1/monitoring/"));
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let datum = &body["MetricData"][0];
    assert_eq!((&datum["MetricName"], &datum["Unit"]), (&json!("commits.hotfix"), &json!("Count")));
}

#[test]
fn without_aws_credentials_the_delivery_fails_and_doctor_says_why() {
    let scene = scene("namespace = 'Shop'\n").variable("AWS_EC2_METADATA_DISABLED", "true");

    let ended = scene.run(&["--push", "--to", "cloudwatch", "--only", "commits.hotfix"]).with_status(3);
    let doctor = scene.run(&["doctor"]);

    ended.says("there are no AWS credentials");
    assert!(doctor.stdout().contains("there are no AWS credentials"), "{doctor}");
}
