//! Previews and diagnoses, which `--dry-run` and `report doctor` show.

use serde_json::json;
use system_health_registry::{ApiCalls, Context, Finding, Grade};
use system_health_test_support::server::{Answer, Server};

use crate::harness::{context, deliver_all, destinations, gauge};

async fn diagnose(table: &str) -> Vec<Finding> {
    let destination = destinations(table).remove(0);
    destination.diagnose(context(&ApiCalls::default())).await
}

#[tokio::test]
async fn a_preview_shows_each_page_and_the_refused_points() {
    let points = [
        gauge(0, "a", 1.0, &[]),
        gauge(0, "system_health.reporter.metrics", 2.0, &[]),
        gauge(0, "push.time_seconds", 3.0, &[]),
    ];
    let both_destinations =
        destinations("pushgateway = \"http://gateway:9091\"\ntextfile = \"/srv/health.prom\"");

    let mut previews = Vec::new();
    for destination in &both_destinations {
        previews.push(destination.preview(Context::new(), &points, &[]).await.unwrap());
    }

    let a = json!(["# HELP a The metric a of system-health.", "# TYPE a gauge", "a 1"]);
    assert_eq!(previews[0]["pages"]["PUT http://gateway:9091/metrics/job/system-health"], a);
    assert_eq!(previews[1]["pages"]["/srv/health.prom"], a);
    assert_eq!(previews[1]["pages"]["/srv/health-reporter.prom"].as_array().unwrap().len(), 3);
    assert_eq!(previews[0]["refused"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_preview_shows_the_request_of_a_push() {
    let server = Server::start(|_| Answer::text(200, "text/plain", ""));
    let points = [gauge(0, "commits.hotfix", 3.0, &["branch:main"]), gauge(0, "a", 1.0, &[])];
    let destination = destinations(&format!("pushgateway = \"{}\"", server.url())).remove(0);
    let context = context(&ApiCalls::default());

    let preview = destination.preview(context.clone(), &points, &[]).await.unwrap();
    deliver_all(&*destination.connect(context).await.unwrap(), &points).await;

    let sent = server.requests().remove(0);
    let text = String::from_utf8(sent.body.clone()).unwrap();
    assert!(text.contains("reporter=\"acme/shop\"") && text.contains("mention a"), "{text}");
    let (method, path) =
        sent.line().split_once(' ').map(|(method, path)| (method.to_owned(), path.to_owned())).unwrap();
    let request = format!("{method} {}{path}", server.url());
    assert_eq!(preview["pages"], json!({ request: text.lines().collect::<Vec<_>>() }));
}

#[tokio::test]
async fn a_diagnosis_recognizes_that_a_server_is_not_a_pushgateway() {
    let server = Server::start(|_| Answer::text(404, "text/plain", "404 page not found"));

    let findings = diagnose(&format!("pushgateway = \"{}\"", server.url())).await;

    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].grade, Grade::Failed);
    assert!(findings[0].message.contains("not the response of a Pushgateway"), "{findings:?}");
}

#[tokio::test]
async fn a_diagnosis_names_old_groups() {
    let group = |reporter: &str, time: &str| {
        json!({
            "labels": {"job": "system-health", "reporter": reporter},
            "push_time_seconds": {"metrics": [{"value": time}]},
        })
    };
    let groups = json!({"data": [group("acme/old", "1.7e9"), group("acme/shop", "4e9"), {"labels": {"job": "backup"}}]});
    let version = json!({"data": {"build_information": {"version": "1.5.1"}}});
    let server = Server::start(move |request| match request.path() {
        "/api/v1/status" => Answer::json(200, &version),
        _ => Answer::json(200, &groups),
    });

    let findings = diagnose(&format!("pushgateway = \"{}\"", server.url())).await;

    assert_eq!(findings[0].message, format!("version 1.5.1 at {}", server.url()));
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert_eq!(findings[1].grade, Grade::Warning);
    let url = format!("{}/metrics/job/system-health/reporter@base64/YWNtZS9vbGQ", server.url());
    assert!(findings[1].message.ends_with(&format!("curl -X DELETE {url}")), "{findings:?}");
}

#[tokio::test]
async fn a_diagnosis_checks_the_folder_of_the_textfile() {
    let folder = tempfile::tempdir().unwrap();
    let grade = async |path: &str| {
        let path = folder.path().join(path);
        diagnose(&format!("textfile = \"{}\"", path.display())).await[0].grade
    };

    assert_eq!(grade("health.prom").await, Grade::Ok);
    assert_eq!(grade("missing/health.prom").await, Grade::Failed);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the check leaves no file behind");
}
