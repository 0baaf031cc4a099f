//! The server that the fakes use records requests, answers them, and fails as a test tells it to.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use system_health_test_support::server::{Answer, Fault, Request, Server};

fn echo(request: &Request) -> Answer {
    Answer::text(
        200,
        "text/plain",
        &format!("{}\n{}", request.line(), String::from_utf8_lossy(&request.body)),
    )
}

/// Sends a request; returns all that comes back until the connection is closed.
fn send(server: &Server, line: &str, headers: &str, body: &[u8]) -> String {
    let mut stream = open(server, line, headers, body);
    let mut answer = String::new();
    // The connection is reset if the server closes it before it has read the whole request.
    let _ = stream.read_to_string(&mut answer);
    answer
}

fn open(server: &Server, line: &str, headers: &str, body: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(server.url().trim_start_matches("http://")).unwrap();
    let length = body.len();
    let head = format!(
        "{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    stream
}

fn get(server: &Server, target: &str) -> String {
    send(server, &format!("GET {target}"), "", b"")
}

#[test]
fn requests_are_recorded_and_answered() {
    let server = Server::start(echo);

    let answer = send(&server, "PUT /a/b?page=2", "x-one: 1\r\n", b"hello");

    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("PUT /a/b?page=2\nhello"), "{answer}");
    let requests = server.requests();
    let [request] = &requests[..] else { panic!("one request, not {requests:?}") };
    assert_eq!((&*request.method, request.path(), request.query()), ("PUT", "/a/b", "page=2"));
    assert_eq!((request.header("X-One"), &*request.body), (Some("1"), &b"hello"[..]));
}

#[test]
fn bodies_are_decompressed() {
    let mut gzip = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
    gzip.write_all(b"hello").unwrap();
    let mut deflate = flate2::write::ZlibEncoder::new(vec![], flate2::Compression::default());
    deflate.write_all(b"hello").unwrap();
    let server = Server::start(echo);

    for (encoding, body) in [
        ("zstd1", zstd::encode_all(&b"hello"[..], 0).unwrap()),
        ("gzip", gzip.finish().unwrap()),
        ("deflate", deflate.finish().unwrap()),
        ("identity", b"hello".to_vec()),
    ] {
        let answer = send(&server, "POST /", &format!("content-encoding: {encoding}\r\n"), &body);

        assert!(answer.ends_with("\nhello"), "{encoding}: {answer}");
        assert_eq!(server.requests().last().unwrap().wire_length, body.len());
    }
    let answer = send(&server, "POST /", "content-encoding: gzip\r\n", b"no gzip");
    assert!(answer.ends_with("\nno gzip"), "{answer}");
}

#[test]
fn faults_are_applied_in_order_to_matching_requests() {
    let server = Server::start(echo);
    server.fail_times(1, "GET /a", Answer::text(500, "text/plain", "first").with_header("retry-after", "7"));
    server.fail_times(1, "GET /a", Answer::text(200, "text/html", "<html>"));
    server.fail("page=2", Fault::Disconnect);

    assert!(get(&server, "/b").starts_with("HTTP/1.1 200"));
    let failed = get(&server, "/a");
    assert!(failed.starts_with("HTTP/1.1 500") && failed.contains("retry-after: 7\r\n"), "{failed}");
    assert!(get(&server, "/a").ends_with("<html>"));
    assert!(get(&server, "/a").ends_with("GET /a\n"));
    assert_eq!(get(&server, "/a?page=2"), "");
    assert_eq!(get(&server, "/a?page=2"), "");
    assert_eq!(server.requests().len(), 6);
}

#[test]
fn a_hanging_request_is_seen_and_ends_with_the_server() {
    let server = Server::start(echo);
    server.fail("/slow", Fault::Hang);
    let mut stream = open(&server, "GET /slow", "", b"");

    assert_eq!(server.wait_for("GET /slow").path(), "/slow");
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    assert!(stream.read(&mut [0]).is_err(), "no answer, and no end of the connection");
    stream.set_read_timeout(None).unwrap();
    drop(server);

    assert!(matches!(stream.read(&mut [0]), Ok(0) | Err(_)));
}

#[test]
fn a_request_may_be_processed_without_an_answer() {
    let (sender, processed) = std::sync::mpsc::channel();
    let server = Server::start(move |request| {
        sender.send(request.line()).unwrap();
        echo(request)
    });
    server.fail("/closed", Fault::DisconnectAfterwards);
    server.fail("/slow", Fault::HangAfterwards);

    assert_eq!(get(&server, "/closed"), "");
    assert_eq!(processed.recv().unwrap(), "GET /closed");
    let mut stream = open(&server, "GET /slow", "", b"");
    assert_eq!(processed.recv().unwrap(), "GET /slow");
    drop(server);

    assert!(matches!(stream.read(&mut [0]), Ok(0) | Err(_)));
}

#[test]
fn latency_delays_every_answer() {
    let server = Server::start(echo);
    server.set_latency(Duration::from_millis(50));
    let started = std::time::Instant::now();

    let answer = get(&server, "/");

    assert!(answer.ends_with("GET /\n"), "{answer}");
    assert!(started.elapsed() >= Duration::from_millis(50));
}
