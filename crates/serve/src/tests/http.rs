//! What the server answers, over real connections.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener as StdListener},
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use secrecy::SecretString;
use serde_json::Value;
use system_health_registry::{Catalog, Interruption};
use system_health_reporter::FinishedRun;
use system_health_test_support::prometheus::check_metrics;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time,
};
use tracing::{Level, subscriber::DefaultGuard};

use super::stage::{Stage, at, builder, configuration, one};
use crate::{
    clock::Clock,
    http::{App, Server},
    latest::Latest,
    page_part::{AnswerError, PagePart, PagePartType, PartSettings},
    parts::Parts,
    served::Served,
    token::Token,
};

/// The lines that were logged.
#[derive(Debug, Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Takes the messages of this thread until the guard is dropped.
    pub(super) fn start(&self) -> DefaultGuard {
        self.start_with(Level::INFO)
    }

    /// Like [`start`](Self::start), for messages of this level and above.
    fn start_with(&self, level: Level) -> DefaultGuard {
        let writer = self.clone();
        let subscriber = tracing_subscriber::fmt().with_max_level(level).with_writer(move || writer.clone());
        tracing::subscriber::set_default(subscriber.finish())
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        io::Write::write(&mut *self.0.lock().unwrap(), text)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A running server.
pub(super) struct RunningServer {
    address: SocketAddr,
    server: tokio::task::JoinHandle<std::convert::Infallible>,
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A response.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    head: String,
    pub(super) body: String,
}

impl Response {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

impl RunningServer {
    /// Starts a server that behaves as if it listened on `listen`. `None`: its real address.
    pub(super) fn start(latest: Arc<Latest>, clock: Clock, listen: Option<SocketAddr>) -> Self {
        Self::start_with(latest, Parts::default(), clock, listen)
    }

    /// Like [`start`](Self::start), with parts of the page.
    pub(super) fn start_with(
        latest: Arc<Latest>,
        parts: Parts,
        clock: Clock,
        listen: Option<SocketAddr>,
    ) -> Self {
        let listener = StdListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        Self::start_on(listener, latest, parts, clock, listen)
    }

    fn start_on(
        listener: StdListener,
        latest: Arc<Latest>,
        parts: Parts,
        clock: Clock,
        listen: Option<SocketAddr>,
    ) -> Self {
        let address = listener.local_addr().unwrap();
        let app = App::new(latest, parts, clock, Interruption::never(), listen.unwrap_or(address));
        let server = tokio::spawn(Server::new(listener, app).unwrap().run());
        Self { address, server }
    }

    pub(super) async fn get(&self, path: &str, headers: &str) -> Response {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{headers}\r\n", self.address)).await
    }

    pub(super) async fn send(&self, request: &str) -> Response {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Response { status, head: head.to_owned(), body: body.to_owned() }
    }
}

pub(super) fn served(token: Option<&str>) -> Arc<Served> {
    let catalog = Catalog::new([one("a")]).unwrap();
    let token = token.map(|token| Token::new(&SecretString::from(token)));
    Arc::new(Served {
        every: Duration::from_mins(1),
        catalog,
        selection: system_health_reporter::Selection::default(),
        settings: system_health_registry::Settings::default(),
        folder: None,
        token,
    })
}

/// A service after one run.
async fn after_a_run() -> (Arc<Latest>, Clock) {
    let stage = Stage::new(std::time::SystemTime::now());
    let catalog = Catalog::new([one("a")]).unwrap();
    let (_, latest) = stage.runs(configuration(builder([one("a")], &[]), 60, catalog), 1).await;
    (latest, stage.clock)
}

#[tokio::test]
async fn before_the_first_run_the_process_lives_but_is_not_ready() {
    let latest = Arc::new(Latest::new(served(None)));
    let server = RunningServer::start(latest, Clock::default(), None);

    assert_eq!(server.get("/healthz", "").await.status, 200);
    let ready = server.get("/readyz", "").await;
    assert_eq!((ready.status, ready.body.as_str()), (503, "not ready: no run has finished yet\n"));
    assert_eq!(server.get("/api/v1/report", "").await.status, 503);
    let metrics = server.get("/metrics", "").await;
    assert_eq!((metrics.status, metrics.body.as_str()), (200, ""));
    assert_eq!(server.get("/metrics", "Accept: application/openmetrics-text\r\n").await.body, "# EOF\n");
}

#[tokio::test]
async fn after_a_run_its_values_and_the_catalog_are_shown() {
    let (latest, clock) = after_a_run().await;
    let server = RunningServer::start(latest, clock, None);

    assert_eq!(server.get("/readyz", "").await.status, 200);
    let report: Value = serde_json::from_str(&server.get("/api/v1/report", "").await.body).unwrap();
    assert_eq!(report["metrics"][0]["key"], "a");
    let catalog: Value = serde_json::from_str(&server.get("/api/v1/catalog", "").await.body).unwrap();
    assert_eq!(catalog[0]["key"], "a");
    let history = server.get("/api/v1/history?key=a", "").await;
    assert_eq!(
        (history.status, history.body.as_str()),
        (404, "there is no history, because no state is kept\n")
    );
    let plain = server.get("/metrics", "").await;
    assert_eq!(plain.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert!(plain.body.contains("\na{env=\"development\",reporter=\"test\""), "{}", plain.body);
    let open = server.get("/metrics", "Accept: application/openmetrics-text; version=1.0.0\r\n").await;
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(open.header("content-type"), Some(content_type));
    assert!(
        open.body.ends_with("# EOF\n")
            && open.body.contains("# UNIT system_health_reporter_run_duration_seconds seconds\n")
    );
    assert_eq!(open.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn keys_missing_from_the_page_are_logged_once_and_not_for_each_request() {
    let log = Log::default();
    let _logging = log.start();
    let stage = Stage::new(at(0));
    let metrics = [one("jobs.waiting"), one("jobs_waiting")];
    let catalog = Catalog::new(metrics.clone()).unwrap();
    let (_, latest) = stage.runs(configuration(builder(metrics, &[]), 60, catalog), 1).await;
    let server = RunningServer::start(latest, stage.clock.clone(), None);
    let warnings = || log.text().matches("not in /metrics: the keys `jobs.waiting`, `jobs_waiting`").count();

    for _ in 0..3 {
        assert_eq!(server.get("/metrics", "").await.status, 200);
    }
    assert_eq!(warnings(), 1, "{}", log.text());

    // After a page without any points, the keys are logged again.
    stage.clock.set(at(1000));
    assert_eq!(server.get("/metrics", "").await.body, "");
    stage.clock.set(at(0));
    assert_eq!(server.get("/metrics", "").await.status, 200);
    assert_eq!(warnings(), 2, "{}", log.text());
}

#[tokio::test]
#[ignore = "needs Prometheus: run cargo xtask test"]
async fn promtool_finds_no_fault_in_the_page() {
    let (latest, clock) = after_a_run().await;
    let page = RunningServer::start(latest, clock, None).get("/metrics", "").await.body;

    let checked = check_metrics(&page);

    assert_eq!((checked.status, checked.output.as_str()), (Some(0), ""), "{page}");
}

#[tokio::test]
async fn the_response_to_a_wrong_request_says_why() {
    let (latest, clock) = after_a_run().await;
    let server = RunningServer::start(latest, clock, None);

    for (path, status, text) in [
        ("/nothing", 404, "there is no such path"),
        ("/api/v1/history", 400, "the parameters are `key`"),
        ("/api/v1/history?key=a&until=1d", 400, "the parameters are `key`"),
        ("/api/v1/history?key=a&thin=perhaps", 400, "the parameters are `key`"),
        ("/api/v1/history?key=a&since=soon", 400, "`soon` is not a duration"),
    ] {
        let response = server.get(path, "").await;
        assert!(response.status == status && response.body.starts_with(text), "{path}: {response:?}");
    }
    for path in ["/", "/metrics", "/healthz"] {
        let post = server.send(&format!("POST {path} HTTP/1.1\r\nHost: {}\r\n\r\n", server.address)).await;
        assert_eq!((post.status, post.header("allow")), (405, Some("GET,HEAD")), "{path}");
        assert_eq!(post.body, "this path accepts only GET and HEAD\n", "{path}");
    }
}

#[tokio::test]
async fn a_page_of_another_host_reads_nothing() {
    let (latest, clock) = after_a_run().await;
    let server = RunningServer::start(Arc::clone(&latest), clock.clone(), None);

    for path in ["/metrics", "/api/v1/report", "/healthz", "/nothing"] {
        let rebound = server.send(&format!("GET {path} HTTP/1.1\r\nHost: evil.example:8700\r\n\r\n")).await;
        assert_eq!(rebound.status, 421, "{path}");
    }
    let elsewhere = RunningServer::start(latest, clock, Some("192.0.2.1:8700".parse().unwrap()));
    let named = elsewhere.send("GET /metrics HTTP/1.1\r\nHost: health.example\r\n\r\n").await;
    assert_eq!(named.status, 200, "on other addresses, the token protects the values");
}

#[tokio::test]
async fn values_need_the_token_and_probes_do_not() {
    const TOKEN: &str = "0123456789abcdef0123456789abcdef";
    let latest = Arc::new(Latest::new(served(Some(TOKEN))));
    let server = RunningServer::start(latest, Clock::default(), None);

    assert_eq!(server.get("/healthz", "").await.status, 200);
    assert_eq!(server.get("/readyz", "").await.status, 503);
    for path in ["/metrics", "/api/v1/report", "/api/v1/history?key=a", "/api/v1/catalog", "/api/v1/traces"] {
        for headers in ["", "Authorization: Bearer wrong\r\n", "Authorization: Basic MTIz\r\n"] {
            let response = server.get(path, headers).await;
            assert_eq!(response.status, 401, "{path} {headers}");
            assert_eq!(response.header("www-authenticate"), Some("Bearer"));
            assert!(!format!("{response:?}").contains(TOKEN));
        }
        let allowed = server.get(path, &format!("Authorization: Bearer {TOKEN}\r\n")).await;
        assert_ne!(allowed.status, 401, "{path}");
    }
}

#[tokio::test]
async fn slow_clients_do_not_hold_up_others() {
    let (latest, clock) = after_a_run().await;
    let server = RunningServer::start(latest, clock, None);
    let mut slow = Vec::new();
    for _ in 0..32 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: loc").await.unwrap();
        slow.push(stream);
    }

    assert_eq!(server.get("/metrics", "").await.status, 200);

    // The server closes the slow connections by itself. From now on, the clock is set to the next timeout whenever all tasks wait.
    time::pause();
    let mut response = Vec::new();
    slow.pop().unwrap().read_to_end(&mut response).await.unwrap();
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_probes() {
    let log = Log::default();
    let _logging = log.start_with(Level::DEBUG);
    let (latest, clock) = after_a_run().await;
    let server = RunningServer::start(latest, clock, None);
    let mut idle = Vec::new();
    for _ in 0..64 {
        idle.push(TcpStream::connect(server.address).await.unwrap());
    }

    let probe = server.get("/healthz", "").await;

    assert_eq!(probe.status, 200);
    let mut sent_to_oldest = Vec::new();
    idle.remove(0).read_to_end(&mut sent_to_oldest).await.unwrap();
    assert!(sent_to_oldest.is_empty(), "{sent_to_oldest:?}");
    let mut answered = 0;
    for mut other in idle {
        let mut response = String::new();
        // On a slow machine, the server may have closed the connection because of its age.
        let _ = other.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        let _ = other.read_to_string(&mut response).await;
        answered += usize::from(response.starts_with("HTTP/1.1 200 "));
    }
    let count = |text: &str| log.text().matches(text).count();
    let closed = count("a connection that waits for a request is closed, because there are too many");
    assert_eq!(closed, 1, "only the connection that has waited longest is closed: {}", log.text());
    assert_eq!(answered + count("a request was not completed"), 63, "{}", log.text());
}

/// A part whose document is larger than the buffers of a connection.
#[derive(Debug)]
struct Large;

impl PagePart for Large {
    fn configure(&self, _settings: PartSettings) {}

    fn observe(&self, _finished: &FinishedRun) {}

    fn answer(&self, _path: &str, _query: &str) -> Result<Value, AnswerError> {
        Ok("x".repeat(1 << 20).into())
    }
}

#[tokio::test]
async fn clients_that_do_not_read_their_responses_do_not_hold_up_others() {
    let log = Log::default();
    let _logging = log.start_with(Level::DEBUG);
    let (latest, clock) = after_a_run().await;
    let large = PagePartType { documents: &[], paths: &["/large"], start: |_| Arc::new(Large) };
    let parts = Parts::start([large], &served(None)).unwrap();
    // Connections inherit the size of the buffer. By default, the operating system may take the whole response.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(16 * 1024).unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let listener = socket.listen(1024).unwrap().into_std().unwrap();
    let server = RunningServer::start_on(listener, latest, parts, clock, None);
    let mut streams = Vec::new();
    for _ in 0..64 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        // The response has been made. If too many were made at the same time, some would be refused.
        stream.readable().await.unwrap();
        streams.push(stream);
    }

    for path in ["/healthz", "/metrics"] {
        assert_eq!(server.get(path, "").await.status, 200, "{path}");
    }

    // After 30 seconds, the server would close their connections for another reason.
    let closed =
        "a connection that waits for its client to read the response is closed, because there are too many";
    assert!(log.text().contains(closed), "{}", log.text());
}

/// A part whose document is not made before the end of the test.
#[derive(Debug)]
struct Hanging;

static END_OF_TEST: OnceLock<()> = OnceLock::new();

impl PagePart for Hanging {
    fn configure(&self, _settings: PartSettings) {}

    fn observe(&self, _finished: &FinishedRun) {}

    fn answer(&self, _path: &str, _query: &str) -> Result<Value, AnswerError> {
        END_OF_TEST.wait();
        Ok(Value::Null)
    }
}

#[tokio::test]
async fn documents_that_take_long_do_not_hold_up_probes() {
    let log = Log::default();
    let _logging = log.start_with(Level::DEBUG);
    let (latest, clock) = after_a_run().await;
    let hanging = PagePartType { documents: &[], paths: &["/hanging"], start: |_| Arc::new(Hanging) };
    let parts = Parts::start([hanging], &served(None)).unwrap();
    let server = RunningServer::start_with(latest, parts, clock, None);
    let mut waiting = Vec::new();
    for _ in 0..64 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(b"GET /hanging HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        waiting.push(stream);
    }

    let [probe, metrics] = [server.get("/healthz", "").await, server.get("/metrics", "").await];
    END_OF_TEST.set(()).unwrap();

    // After 30 seconds, the server would close the connections that wait, and have room for others.
    assert!(!log.text().contains("a client was too slow"), "{}", log.text());
    assert_eq!(probe.status, 200);
    let text = "too many requests wait for their responses; try again later\n";
    assert_eq!((metrics.status, metrics.body.as_str()), (503, text));
}

#[tokio::test]
async fn a_large_head_is_refused() {
    let (latest, clock) = after_a_run().await;
    let server = RunningServer::start(latest, clock, None);

    let response = server.get("/metrics", &format!("X-Large: {}\r\n", "a".repeat(20_000))).await;

    assert_eq!(response.status, 431);
}

#[tokio::test(start_paused = true)]
async fn values_that_are_too_old_are_not_shown() {
    let stage = Stage::new(at(0));
    let catalog = Catalog::new([one("a")]).unwrap();
    let (_, latest) = stage.runs(configuration(builder([one("a")], &[]), 60, catalog), 1).await;

    let later = Clock::simulated(at(1000));

    assert!(latest.points(later.now()).0.is_empty());
    let not_ready = latest.readiness(later.now()).unwrap_err().to_string();
    assert_eq!(not_ready, "not ready: the last run finished 16m 40s ago, more than 3 slots of 1m");
}
