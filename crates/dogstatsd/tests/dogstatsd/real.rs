//! Datadog's own parser, in its mini Agent, accepts the lines of points of each kind.

use std::time::Duration;

use system_health_registry::{Context, Kind, Point};
use system_health_test_support::mini_agent::{MiniAgent, Parsed};

use crate::harness::{deliver, destination, distribution, gauge, gauges, sink_to, wide_distribution};

fn points() -> Vec<Point> {
    let interval = Duration::from_mins(15);
    let mut points = gauges(200);
    points.extend([
        gauge("tags", -0.125, &["branch:next/1", "région:île-de-france", "team:a_b-c.d"]),
        gauge("large", 1e300, &[]),
        gauge("small", 1e-300, &[]),
        Point { kind: Kind::Count { interval }, ..gauge("count", 3.5, &["env:test"]) },
        Point { kind: Kind::Rate { interval }, ..gauge("rate", 0.25, &["env:test"]) },
        distribution("distribution", &[(-2.0, 1), (0.0, 5), (1e9, 3_000_000)]),
        wide_distribution("wide"),
    ]);
    points
}

#[tokio::test]
#[ignore = "needs Datadog's mini Agent: run cargo xtask test"]
async fn datadogs_parser_accepts_the_lines_of_all_points() {
    let agent = MiniAgent::start();
    let table = format!("address = \"{}\"", agent.dogstatsd_url());
    let preview = destination(&table).preview(Context::new(), &points(), &[]).await.unwrap();

    let fates = deliver(&*sink_to(&agent.dogstatsd_url()).await, &points()).await;

    assert_eq!(fates.accepted.len(), points().len());
    let lines = preview["lines"].as_array().unwrap().len();
    assert!(lines > points().len());
    assert_eq!(agent.wait_for(lines), Parsed { valid: lines, failures: Vec::new() });
}

#[tokio::test]
#[ignore = "needs Datadog's mini Agent: run cargo xtask test"]
async fn datadogs_parser_refuses_lines_that_violate_the_protocol() {
    let agent = MiniAgent::start();
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let host = agent.dogstatsd_url().strip_prefix("udp://").unwrap().to_owned();

    for line in ["a:b|g", "a:1|q", "a:1:2|"] {
        socket.send_to(line.as_bytes(), &host).unwrap();
        let parsed = agent.wait_for(1);
        assert_eq!((parsed.valid, parsed.failures.len()), (0, 1), "{line}: {parsed:?}");
    }
}
