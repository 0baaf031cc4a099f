//! Requests to an Agent.

use serde_json::{Value, json};
use system_health_registry::system_health_metric;
use system_health_test_support::server::{Answer, Request, Server};

use crate::harness::{send, trace_run, tracer};

/// An error, with a message.
#[system_health_metric(key = "sent.failing")]
async fn failing() -> Result<u64, std::io::Error> {
    tracing::warn!("the broker is slow");
    Err(std::io::Error::other("connection refused"))
}

/// Has a span. Its fields, except `team`, have the names of tags that the exporter sets.
#[system_health_metric(key = "sent.named")]
fn named() -> u64 {
    let _span =
        tracing::info_span!("job", env = "own", version = 2, language = "own", team = "web").entered();
    1
}

fn agent() -> Server {
    Server::start(|_: &Request| Answer::json(200, &json!({"rate_by_service": {}})))
}

fn decoded(request: &Request) -> Vec<Value> {
    let traces: Vec<Vec<Value>> = rmp_serde::from_slice(&request.body).unwrap();
    let [trace] = <[Vec<Value>; 1]>::try_from(traces).unwrap();
    trace
}

#[tokio::test]
async fn an_agent_gets_the_trace_as_datadogs_clients_send_it() {
    let server = agent();
    let tracer = tracer(&format!("agent_url = '{}'", server.url()));
    let trace = trace_run(&*tracer, &["sent.failing"]).await;

    send(&*tracer, &trace).await.unwrap();

    let request = server.requests().remove(0);
    assert_eq!(request.line(), "PUT /v0.4/traces");
    for (name, value) in [
        ("content-type", "application/msgpack"),
        ("x-datadog-trace-count", "1"),
        ("datadog-meta-tracer-version", env!("CARGO_PKG_VERSION")),
        ("datadog-send-real-http-status", "true"),
    ] {
        assert_eq!(request.header(name), Some(value), "{name}");
    }
    let spans = decoded(&request);
    let (root, metric) = (&spans[0], &spans[1]);
    assert_eq!(root["name"], "system_health.run");
    assert_eq!(root["parent_id"], 0);
    assert_eq!(root["trace_id"], trace.trace_id.low());
    assert_eq!(root["meta"]["_dd.p.tid"], format!("{:016x}", trace.trace_id.high()));
    assert_eq!(root["metrics"]["_sampling_priority_v1"], 1.0);
    assert_eq!(metric["resource"], "sent.failing");
    assert_eq!(metric["parent_id"], root["span_id"]);
    assert_eq!(metric["error"], 1);
    assert_eq!((&metric["service"], &metric["meta"]["env"]), (&json!("shop"), &json!("test")));
    assert_eq!(metric["meta"]["error.message"], "connection refused");
    assert_eq!(metric["meta"]["system_health.state"], "error");
    let events: Value = serde_json::from_str(metric["meta"]["events"].as_str().unwrap()).unwrap();
    assert_eq!(events[0]["attributes"], json!({"level": "warn", "message": "the broker is slow"}));
}

#[tokio::test]
async fn a_field_of_a_span_does_not_replace_a_tag_that_the_exporter_sets() {
    let server = agent();
    let tracer = tracer(&format!("agent_url = '{}'", server.url()));
    let trace = trace_run(&*tracer, &["sent.named"]).await;

    send(&*tracer, &trace).await.unwrap();

    let spans = decoded(&server.requests()[0]);
    let job = spans.iter().find(|span| span["name"] == "job").unwrap();
    let expected = json!({"env": "test", "version": "4.2", "language": "rust", "team": "web"});
    assert_eq!(job["meta"], expected);
    assert_eq!(job["metrics"]["version"], Value::Null);
}

#[tokio::test]
async fn a_rate_decides_whether_the_agent_keeps_a_trace() {
    for (rate, priority) in [("0.0", -1.0), ("1.0", 2.0)] {
        let server = agent();
        let tracer = tracer(&format!("agent_url = '{}'\nsample_rate = {rate}", server.url()));
        let trace = trace_run(&*tracer, &["sent.failing"]).await;

        send(&*tracer, &trace).await.unwrap();

        let metrics = &decoded(&server.requests()[0])[0]["metrics"];
        assert_eq!(metrics["_sampling_priority_v1"], priority);
        assert_eq!(metrics["_dd.rule_psr"], rate.parse::<f64>().unwrap());
    }
}

#[tokio::test]
async fn the_error_says_that_the_agent_does_not_accept_traces() {
    let server = Server::start(|_: &Request| Answer::json(404, &json!({})));
    let tracer = tracer(&format!("agent_url = '{}'", server.url()));
    let trace = trace_run(&*tracer, &["sent.failing"]).await;

    let error = send(&*tracer, &trace).await.unwrap_err();

    assert!(
        error.starts_with(&format!("the Agent at {}: it does not accept traces", server.url())),
        "{error}"
    );
}

#[tokio::test]
async fn the_error_says_that_the_agent_dropped_the_trace() {
    // An Agent answers 200 unless the client asks for the real status.
    let server = Server::start(|request: &Request| {
        let asks_for_status = request.header("datadog-send-real-http-status") == Some("true");
        Answer::json(if asks_for_status { 429 } else { 200 }, &json!({"rate_by_service": {}}))
    });
    let tracer = tracer(&format!("agent_url = '{}'", server.url()));
    let trace = trace_run(&*tracer, &["sent.failing"]).await;

    let error = send(&*tracer, &trace).await.unwrap_err();

    assert!(error.ends_with(": it gets too many traces (429 Too Many Requests)"), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn an_agent_can_listen_on_a_unix_socket() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("apm.socket");
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    let tracer = tracer(&format!("agent_url = 'unix://{}'", path.display()));
    let trace = trace_run(&*tracer, &["sent.failing"]).await;
    let answered = async {
        let (mut connection, _) = listener.accept().await.unwrap();
        let mut start = [0; 16];
        connection.read_exact(&mut start).await.unwrap();
        connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
        // The rest of the request may still be on its way.
        tokio::io::copy(&mut connection, &mut tokio::io::sink()).await.unwrap();
        start
    };

    let sent = async {
        let sent = send(&*tracer, &trace).await;
        // Closes the connection.
        drop(tracer);
        sent
    };
    let (sent, start) = tokio::join!(sent, answered);

    assert_eq!(sent, Ok(()));
    assert_eq!(&start, b"PUT /v0.4/traces");
}
