//! Tests of the client with real connections.

use std::{net::TcpListener, thread, time::Duration};

use reqwest::{Method, Request};
use rustls::server::Acceptor;
use system_health_http::{HttpClient, HttpError, HttpSettings, RunClient};
use system_health_registry::ApiCalls;
use system_health_test_support::wire::{FaultyServer, Upstream, WireFault};
use tokio::time::Instant;
use url::Url;

fn http_client(url: &Url) -> HttpClient {
    let settings = HttpSettings { read_timeout: Duration::from_millis(200), ..HttpSettings::new("test") };
    HttpClient::new(url, settings).unwrap()
}

fn client(url: &Url, calls: &ApiCalls) -> RunClient {
    http_client(url).with_calls(calls.clone())
}

fn requests_by_status(calls: &ApiCalls) -> Vec<(Option<u16>, u64)> {
    calls.by_status().into_iter().map(|calls| (calls.status, calls.count)).collect()
}

fn get(url: &Url) -> Request {
    Request::new(Method::GET, url.clone())
}

fn server(wire: WireFault) -> (FaultyServer, Url) {
    fn never(_request: &str) -> String {
        String::new()
    }
    let server = FaultyServer::start(wire, usize::MAX, Upstream::Function(never));
    let url = server.url().parse().unwrap();
    (server, url)
}

#[tokio::test]
async fn a_body_is_cut_at_the_limit() {
    let (_server, url) = server(WireFault::answer(200, "", "0123456789"));
    let client = client(&url, &ApiCalls::default());

    for (limit, body, is_truncated) in [(10, "0123456789", false), (9, "012345678", true)] {
        let response = client.send(get(&url), limit).await.unwrap();

        assert_eq!((&*response.body, response.is_truncated), (body.as_bytes(), is_truncated));
        let whole = response.ensure_complete();
        assert_eq!(matches!(whole, Err(HttpError::TooLong(9))), is_truncated, "{whole:?}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (_server, url) = server(WireFault::answer(302, "location: http://127.0.0.1:1/\r\n", ""));

    let response = client(&url, &ApiCalls::default()).send(get(&url), 10).await.unwrap();

    assert_eq!(response.status.as_u16(), 302);
}

#[tokio::test]
async fn each_failed_request_is_counted_once() {
    let calls = ApiCalls::default();
    let (_server, url) = server(WireFault::answer(503, "", "no"));
    client(&url, &calls).send(get(&url), 10).await.unwrap();
    let (_server, url) = server(WireFault::BlackHole);
    let silent = client(&url, &calls).send(get(&url), 10).await.unwrap_err();
    assert!(matches!(silent, HttpError::ReadTimeout(_)), "{silent:?}");
    let mut request = get(&url);
    *request.timeout_mut() = Some(Duration::from_millis(100));
    let late = client(&url, &calls).send(request, 10).await.unwrap_err();
    assert!(matches!(late, HttpError::Timeout(_)), "{late:?}");
    let (server, url) = server(WireFault::Refused);
    let refused = client(&url, &calls).send(get(&url), 10).await.unwrap_err();
    assert!(refused.is_connect(), "{refused:?}");
    drop(server);

    assert_eq!(requests_by_status(&calls), [(None, 3), (Some(503), 1)]);
}

#[tokio::test]
async fn each_run_counts_its_own_requests() {
    let (_server, url) = server(WireFault::answer(200, "", "yes"));
    let client = http_client(&url);
    let (first, second) = (ApiCalls::default(), ApiCalls::default());

    for calls in [&first, &first, &second] {
        client.with_calls(calls.clone()).send(get(&url), 10).await.unwrap();
    }

    assert_eq!(requests_by_status(&first), [(Some(200), 2)]);
    assert_eq!(requests_by_status(&second), [(Some(200), 1)]);
}

#[tokio::test]
async fn requests_end_at_the_deadline_and_none_is_sent_after_it() {
    let calls = ApiCalls::default();
    let (_server, url) = server(WireFault::BlackHole);
    let client = client(&url, &calls);
    let deadline = Instant::now() + Duration::from_millis(100);
    let client = client.with_deadline(deadline);
    let mut request = get(&url);
    *request.timeout_mut() = Some(Duration::from_hours(1));

    for _ in 0..2 {
        let ended = client.send(request.try_clone().unwrap(), 10).await.unwrap_err();

        assert!(matches!(ended, HttpError::Deadline), "{ended:?}");
        assert!(Instant::now() >= deadline);
    }

    assert_eq!(requests_by_status(&calls), [(None, 1)]);
}

#[tokio::test]
async fn http_2_is_offered() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url: Url = format!("https://{}", listener.local_addr().unwrap()).parse().unwrap();
    let offered = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut acceptor = Acceptor::default();
        loop {
            acceptor.read_tls(&mut stream).unwrap();
            if let Some(accepted) = acceptor.accept().unwrap() {
                let hello = accepted.client_hello();
                return hello.alpn().unwrap().map(<[u8]>::to_vec).collect::<Vec<_>>();
            }
        }
    });

    let ended = client(&url, &ApiCalls::default()).send(get(&url), 10).await;

    assert!(ended.is_err());
    assert_eq!(offered.join().unwrap(), [b"h2".to_vec(), b"http/1.1".to_vec()]);
}
