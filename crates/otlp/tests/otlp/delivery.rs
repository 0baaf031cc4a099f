//! The requests of a delivery.

use system_health_registry::{ApiCalls, Distribution, Kind, Point};

use crate::harness::{LINE, context, deliver, destination, gauge, names, point, receiver, sink};

#[tokio::test]
async fn a_request_is_compressed_and_has_the_headers_of_the_settings() {
    let (server, calls) = (receiver(), ApiCalls::default());
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*server.url()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20hunter22,x-scope=a"),
    ];
    let points: Vec<Point> = (0..1000_u32).map(|number| gauge("a", f64::from(number))).collect();
    let destination = destination("", &variables);
    let sink = destination.connect(context().provide(calls.clone())).await.unwrap();

    assert_eq!(deliver(&*sink, &points).await, vec!["accepted"; 1000]);

    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].line(), LINE);
    for (name, value) in [
        ("content-type", "application/x-protobuf"),
        ("content-encoding", "gzip"),
        ("user-agent", concat!("system-health-otlp/", env!("CARGO_PKG_VERSION"))),
        ("authorization", "Bearer hunter22"),
        ("x-scope", "a"),
    ] {
        assert_eq!(requests[0].header(name), Some(value));
    }
    assert!(requests[0].wire_length * 4 < requests[0].body.len(), "{}", requests[0].wire_length);
    assert!(!format!("{sink:?} {destination:?}").contains("hunter22"));
    let calls_by_status: Vec<_> =
        calls.by_status().into_iter().map(|calls| (calls.api, calls.status, calls.count)).collect();
    assert_eq!(calls_by_status, [("otlp", Some(200), 1)]);
}

#[tokio::test]
async fn a_header_of_the_settings_replaces_that_of_the_sink() {
    let server = receiver();
    let variables =
        [("OTEL_EXPORTER_OTLP_ENDPOINT", &*server.url()), ("OTEL_EXPORTER_OTLP_HEADERS", "user-agent=shop")];
    let sink = destination("", &variables).connect(context()).await.unwrap();

    assert_eq!(deliver(&*sink, &[gauge("a", 1.0)]).await, ["accepted"]);

    assert_eq!(server.requests()[0].header("user-agent"), Some("shop"));
}

#[tokio::test]
async fn a_large_delivery_is_split() {
    let server = receiver();
    let long = "x".repeat(180);
    let tags: Vec<String> = ('a'..='j').map(|name| format!("{name}:{long}")).collect();
    let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
    let points: Vec<Point> =
        (0..6000).map(|number| point(&format!("a.{number}"), Kind::Gauge, 1.0, &tags)).collect();

    assert_eq!(deliver(&*sink(&server.url(), "").await, &points).await, vec!["accepted"; 6000]);

    let requests = server.requests();
    assert!(requests.len() > 1);
    assert!(requests.iter().all(|request| request.body.len() <= 4 * 1024 * 1024));
    assert_eq!(requests.iter().map(|request| names(request).len()).sum::<usize>(), 6000);
}

#[tokio::test]
async fn points_that_add_up_have_requests_of_their_own() {
    let server = receiver();
    let values = Distribution::from_values([1.0]).unwrap();
    let points = [gauge("a", 1.0), point("d", Kind::Distribution, values, &[]), gauge("b", 1.0)];

    assert_eq!(deliver(&*sink(&server.url(), "temporality = 'delta'").await, &points).await, ["accepted"; 3]);

    // The second request has only the distribution, which `names` leaves out.
    assert_eq!(
        server.requests().iter().map(names).collect::<Vec<_>>(),
        [vec!["a".to_owned(), "b".into()], vec![]]
    );
}

#[tokio::test]
async fn nothing_is_sent_without_points() {
    let server = receiver();

    assert_eq!(deliver(&*sink(&server.url(), "").await, &[]).await, [""; 0]);

    assert_eq!(server.requests().len(), 0);
}
