//! Backends that this project did not write.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use serde_json::Value;
use system_health_registry::system_health_metric;
use system_health_test_support::{
    ddapm::TestAgent,
    mini_agent::MiniAgent,
    rotel::Rotel,
    server::{Answer, Request, Server},
};

use crate::{
    harness::{send, trace_run, tracer, tree},
    otlp::{decoded, failing_run, receiver},
};

/// A value.
#[system_health_metric(key = "real.value")]
async fn value() -> u64 {
    tracing::info!("counted");
    7
}

#[tokio::test]
#[ignore = "needs ddapm-test-agent: run cargo xtask test"]
async fn datadogs_test_agent_finds_no_fault_with_a_trace() {
    let agent = TestAgent::start();
    for address in [agent.url(), format!("unix://{}", agent.socket().display())] {
        let tracer = tracer(&format!("agent_url = '{address}'"));
        let trace = trace_run(&*tracer, &["real.value", "failing", "panicking"]).await;

        send(&*tracer, &trace).await.unwrap();

        let expected = trace.spans.len();
        let got = agent.traces().into_iter().find(|spans| spans[0]["trace_id"] == trace.trace_id.low());
        let got = got.expect("the trace");
        assert_eq!(got.len(), expected, "{}", tree(&trace));
        assert_eq!(got[0]["meta"]["_dd.p.tid"], Value::from(format!("{:016x}", trace.trace_id.high())));
    }
    // The test Agent does find faults: this request has no header of Datadog's clients.
    let address = agent.url().replace("http://", "");
    let mut connection = TcpStream::connect(&address).unwrap();
    let head =
        format!("PUT /v0.4/traces HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/msgpack\r\n");
    write!(connection, "{head}content-length: 1\r\nconnection: close\r\n\r\n").unwrap();
    connection.write_all(&[0x90]).unwrap();
    let mut refused = String::new();
    connection.read_to_string(&mut refused).unwrap();
    assert!(refused.starts_with("HTTP/1.1 400"), "{refused}");
}

#[tokio::test]
#[ignore = "needs Datadog's mini Agent: run cargo xtask test"]
async fn datadogs_mini_agent_forwards_a_trace() {
    let intake = Server::start(|_: &Request| Answer::text(200, "application/x-protobuf", ""));
    let agent = MiniAgent::forwarding_traces_to(&intake.url());
    let tracer = tracer(&format!("agent_url = '{}'", agent.traces_url()));
    let trace = trace_run(&*tracer, &["real.value"]).await;

    send(&*tracer, &trace).await.unwrap();

    let forwarded = intake.wait_for("POST /api/v0.2/traces");
    let text = String::from_utf8_lossy(&decompressed(&forwarded.body)).into_owned();
    assert!(text.contains("system_health.metric") && text.contains("real.value"), "{text}");
}

#[tokio::test]
#[ignore = "needs Rotel: run cargo xtask test"]
async fn a_real_receiver_of_otlp_understands_a_trace() {
    let receiver_behind_rotel = receiver();
    let rotel = Rotel::forwarding_to(&receiver_behind_rotel.url());
    let (tracer, trace) = failing_run(&rotel.url()).await;

    send(&*tracer, &trace).await.unwrap();

    let spans = decoded(&receiver_behind_rotel.wait_for("POST "));
    let names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["system_health.run", "system_health.metric"]);
    assert_eq!(spans[1].events.len(), 2);
}

/// The body. It is decompressed if the Agent compressed it.
fn decompressed(body: &[u8]) -> Vec<u8> {
    zstd::decode_all(body).unwrap_or_else(|_| body.to_vec())
}
