//! What the server refuses, which findings it reports, and how it stores traces.

use serde_json::{Value, json};
use system_health_intake::{Intake, Request, Rule};

use super::running::Running;

const SERIES: &str = r#"{"series":[{"metric":"a","type":3,"points":[]}]}"#;

#[test]
fn web_sites_cannot_use_the_intake() {
    let intake = Running::start();
    let status = |headers: &str| {
        let request = format!("POST /api/v2/series HTTP/1.1\r\n{headers}DD-API-KEY: k\r\n\r\n{SERIES}");
        intake.request(&request).0
    };

    assert_eq!(status("Host: evil.example\r\n"), 403);
    assert_eq!(status("Host: localhost\r\nOrigin: http://evil.example\r\n"), 403);
    assert_eq!(status("Host: localhost\r\n"), 202);
    let same_origin = format!("Host: {0}\r\nOrigin: http://{0}\r\n", intake.addresses.http);
    assert_eq!(status(&same_origin), 202);
}

#[test]
fn a_body_that_cannot_be_decompressed_is_refused() {
    let intake = Running::start();
    let request = |encoding: &str| {
        let head = format!(
            "POST /api/v2/series HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: {encoding}\r\n\r\n"
        );
        intake.request(&(head + SERIES))
    };

    assert_eq!(request("gzip"), (400, r#"{"errors":["the body is not gzip"]}"#.to_owned()));
    assert_eq!(request("br").0, 400);
}

#[test]
fn a_body_is_refused_as_too_long_only_if_it_is_too_long() {
    let intake = Running::start();
    let longest = 25 * 1024 * 1024;
    let head = "POST /api/v9/series HTTP/1.1\r\nHost: localhost\r\n";
    let status_of_length = |length| intake.request(&format!("{head}\r\n{}", "a".repeat(length))).0;
    assert_eq!(status_of_length(longest), 404);
    assert_eq!(status_of_length(longest + 1), 413);

    let damaged = format!("{head}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n");
    let (status, body) = intake.request_as_is(&damaged);
    assert_eq!(status, 400);
    assert!(body.contains("cannot read the body: "), "{body}");
}

#[test]
fn a_payload_over_the_limit_is_refused_and_explained() {
    let intake = Running::start();
    let long = "a".repeat(512_001);

    let head = "POST /api/v2/series HTTP/1.1\r\nHost: localhost\r\nDD-API-KEY: k\r\n\r\n";
    assert_eq!(intake.request(&(head.to_owned() + &long)).0, 413);

    let findings = intake.get("/api/v1/intake/findings");
    let finding = &findings["findings"][0];
    assert_eq!((&finding["rule"], &finding["effect"]), (&"payload_size".into(), &"refused".into()));
    assert!(finding["message"].as_str().unwrap().contains("512001 bytes"), "{finding}");
}

#[test]
fn unknown_endpoints_and_missing_keys_are_findings() {
    let intake = Running::start();

    assert_eq!(intake.request("GET /api/v9/secrets HTTP/1.1\r\nHost: localhost\r\n\r\n").0, 404);

    let findings = intake.get("/api/v1/intake/findings");
    let rules: Vec<_> = findings["findings"].as_array().unwrap().iter().map(|found| &found["rule"]).collect();
    assert_eq!(rules, ["keys", "endpoint"]);
}

#[test]
fn an_unknown_endpoint_below_a_known_endpoint_is_a_finding() {
    let intake = Intake::in_memory().unwrap();

    let answer = intake.handle(&Request::json("POST", "/api/v1/monitor/7/mute", &json!({})));

    assert_eq!(answer.status, 404);
    let findings = intake.findings();
    assert!(findings.iter().any(|found| found.finding.rule == Rule::Endpoint), "{findings:?}");
}

#[test]
fn a_payload_with_an_invalid_type_or_status_is_a_finding() {
    let series = |kind: Value| json!({ "series": [{ "metric": "a", "type": kind, "points": [] }] });
    for (target, body, expected) in [
        ("/api/v2/series", series(json!(4)), "invalid metric type"),
        ("/api/v1/series", series(json!("sum")), "invalid metric type"),
        ("/api/v1/check_run", json!({ "check": "up", "status": 4 }), "a service check is from 0 to 3"),
        ("/api/v1/check_run", json!([{ "check": "up" }]), "missing field `status`"),
    ] {
        let intake = Intake::in_memory().unwrap();

        let answer = intake.handle(&Request::json("POST", target, &body));

        assert_eq!(answer.status, 400, "{body}");
        let findings = intake.findings();
        let found = findings.iter().find(|found| found.finding.rule == Rule::Payload);
        assert!(found.is_some_and(|found| found.finding.message.contains(expected)), "{findings:?}");
    }
}

#[test]
fn traces_are_stored_with_their_ids_as_texts() {
    let intake = Running::start();
    let span = json!({
        "trace_id": u64::MAX, "span_id": 2, "parent_id": 0, "service": "report", "name": "run", "resource": "run",
        "start": 1_800_000_000_000_000_000_i64, "duration": 5, "error": 0, "meta": {"env": "prod"}, "metrics": {},
    });
    let head = "PUT /v0.4/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\r\n";

    let (status, body) = intake.request(&format!("{head}{}", json!([[span]])));
    assert_eq!((status, body.as_str()), (200, r#"{"rate_by_service":{}}"#));

    let traces = intake.get("/api/v1/intake/traces");
    assert_eq!(traces["traces"][0]["trace"], u64::MAX.to_string());
    assert_eq!(traces["traces"][0]["spans"][0]["meta"]["env"], "prod");
    assert_eq!(intake.get("/info")["endpoints"], json!(["/v0.3/traces", "/v0.4/traces"]));
    assert_eq!(intake.request(&format!("{head}[[{{}}]]")).0, 400);
}
