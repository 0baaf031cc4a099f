//! `DogStatsD` over UDP. The intake accepts the lines that an Agent of Datadog accepts, and drops the others.

use std::{
    net::UdpSocket,
    time::{SystemTime, UNIX_EPOCH},
};

use system_health_intake::{Rule, check_line};
use system_health_test_support::mini_agent::MiniAgent;

use super::running::Running;

#[test]
fn packets_become_points_events_and_checks() {
    let intake = Running::start();

    intake.send(
        b"hits:30|c|#env:prod\nqueue:5|g|#Env:Prod\n_e{6,4}:Deploy|done|#env:prod\n_sc|web.up|0|m:fine",
    );
    intake.send(b"latency:1:2|d|@0.5\nbroken");
    let stored = intake.wait_for_lines(6);

    assert_eq!(stored, 5);
    let metrics = intake.get("/api/v1/intake/metrics");
    let values: Vec<_> = metrics["metrics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|metric| (&metric["metric"], &metric["value"]))
        .collect();
    let expected =
        [("hits", 3.0), ("latency", 1.5), ("queue", 5.0)].map(|(name, value)| (name.into(), value.into()));
    assert_eq!(values, expected.iter().map(|(name, value)| (name, value)).collect::<Vec<_>>());
    let latency = intake.get("/api/v1/intake/series?metric=latency");
    assert_eq!(
        latency["series"][0]["distributions"][0]["count"], 4.0,
        "with a sample rate of 0.5, each value counts twice"
    );
    assert_eq!(intake.get("/api/v1/intake/events")["events"][0]["title"], "Deploy");
    assert_eq!(intake.get("/api/v1/intake/checks")["checks"][0]["message"], "fine");
    let rules: Vec<Rule> = intake.intake.findings().iter().map(|found| found.finding.rule).collect();
    assert_eq!(rules.len(), 2, "{rules:?}");
    assert!(rules.contains(&Rule::Tag) && rules.contains(&Rule::Line), "{rules:?}");
}

#[test]
fn lines_with_a_timestamp_are_not_aggregated() {
    let intake = Running::start();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();

    intake.send(format!("hits:30|c|@0.5|T{now}\nqueue:5|g|T{now}\nqueue:7|g|T{now}").as_bytes());
    let stored = intake.wait_for_lines(3);

    assert_eq!(stored, 3);
    let points = intake.intake.points().unwrap();
    let values: Vec<_> =
        points.iter().map(|point| (&*point.metric, point.kind, point.interval, point.value)).collect();
    assert_eq!(values, [("hits", "rate", Some(10), 3.0), ("queue", "gauge", None, 7.0)]);
    let rules: Vec<Rule> = intake.intake.findings().iter().map(|found| found.finding.rule).collect();
    assert_eq!(rules.len(), 2, "{rules:?}");
    assert!(rules.contains(&Rule::SampleRate) && rules.contains(&Rule::Replaced), "{rules:?}");
}

#[test]
fn lines_may_end_with_a_carriage_return() {
    let intake = Running::start();

    intake.send(b"hits:1|c\r\n\r\nqueue:5|g|#env:prod\r\n");
    let stored = intake.wait_for_lines(2);

    assert_eq!(stored, 2);
    let findings = intake.intake.findings();
    assert!(findings.is_empty(), "{findings:?}");
}

#[test]
fn a_packet_that_the_agent_would_cut_is_cut_and_explained() {
    let intake = Running::start();
    let packet = "hits:1|c\n".repeat(1000);

    intake.send(packet.as_bytes());
    let stored = intake.wait_for_lines(911);

    // The Agent keeps 8192 bytes: 910 lines, and the first 2 bytes of the next one.
    assert_eq!(stored, 910);
    assert!(intake.intake.findings().iter().any(|found| found.finding.rule == Rule::PacketSize));
}

#[test]
#[ignore = "needs Datadog's mini Agent: run cargo xtask test"]
fn an_agent_of_datadog_accepts_and_refuses_the_same_lines() {
    let agent = MiniAgent::start();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = agent.dogstatsd_url();
    let address = address.strip_prefix("udp://").unwrap();
    // This Agent knows no histograms, timers or sets.
    for line in [
        "page.views:1|c",
        "fuel.level:0.5|g",
        "users.online:1|c|#country:china",
        "users.online:1|c|@0.5|#country:china",
        "page.views:1:2:32|d",
        "page.views:1|g|#env:dev|c:83c0a99c0a54c0c187f461c7980e9b57f3f6a8b0c918c8d93df19a9de6f3fe1d",
        "page.views:15|c|#env:dev|T1656581400",
        "a:-1e3|g",
        "nothing",
        "a:1",
        "a:1|x",
        "a:one|g",
        "a:1|c|@many",
        ":1|c",
    ] {
        socket.send_to(line.as_bytes(), address).unwrap();
        let theirs = agent.wait_for(1);
        let ours = check_line(line.as_bytes());
        assert_eq!(ours.is_ok(), theirs.failures.is_empty(), "{line}: {ours:?}, {theirs:?}");
    }
}
