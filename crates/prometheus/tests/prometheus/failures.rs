//! The fates of points if a Pushgateway, or a proxy in front of it, does not accept them.

use std::{net::TcpListener, time::Duration};

use serde_json::json;
use system_health_registry::Point;
use system_health_test_support::server::{Answer, Fault, Request, Server};
use tokio::time::Instant;

use crate::harness::{Fates, VALUES, deliver, deliver_within, gauge, sink, sink_with};

/// The time for a delivery. Long enough for a response on a busy machine, and short enough for tests of missing responses.
const DELIVERY_TIME: Duration = Duration::from_secs(2);

fn points() -> Vec<Point> {
    ["a", "b", "c", "d", "e"].map(|key| gauge(0, key, 1.0, &[])).into()
}

async fn fates_from(server: &Server, more_settings: &str) -> Fates {
    let sink = sink(&format!("pushgateway = \"{}\"\n{more_settings}", server.url())).await;
    deliver_within(DELIVERY_TIME, &*sink, &points()).await
}

/// The fates if the server gives every request this response.
async fn fates_for_response(status: u16, text: &str) -> Fates {
    let text = text.to_owned();
    fates_from(&Server::start(move |_| Answer::text(status, "text/plain", &text)), "").await
}

fn body(request: &Request) -> String {
    String::from_utf8(request.body.clone()).unwrap()
}

#[tokio::test]
async fn a_refused_metric_does_not_affect_others() {
    let server = Server::start(|request| {
        if body(request).contains("\nc{") {
            let words = "pushed metrics are invalid or inconsistent with existing metrics: c";
            return Answer::text(400, "text/plain", words);
        }
        Answer::text(200, "text/plain", "")
    });

    let sink = sink(&format!("pushgateway = \"{}\"", server.url())).await;
    let fates = deliver(&*sink, &points()).await;

    assert_eq!(fates.accepted, [0, 1, 3, 4]);
    assert_eq!(
        fates.refused[&2],
        format!(
            "`c` is refused: POST {}{VALUES}: the Pushgateway refused the metrics (HTTP 400: pushed metrics are \
             invalid or inconsistent with existing metrics: c)",
            server.url()
        )
    );
    let accepted: Vec<_> =
        server.requests().into_iter().filter(|request| !body(request).contains("\nc{")).collect();
    assert_eq!(accepted[0].method, "PUT", "the first accepted page replaces the earlier run");
    assert!(accepted[1..].iter().all(|request| request.method == "POST"));
}

#[tokio::test]
async fn a_page_that_is_too_large_is_split() {
    let server = Server::start(|request| match body(request).matches("# TYPE").count() {
        0..=2 => Answer::text(200, "text/plain", ""),
        _ => Answer::text(413, "text/html", "<html>too large</html>"),
    });

    let sink = sink(&format!("pushgateway = \"{}\"", server.url())).await;
    let fates = deliver(&*sink, &points()).await;

    assert_eq!(fates.accepted, [0, 1, 2, 3, 4]);
}

#[tokio::test]
async fn a_push_is_retried_during_an_outage() {
    let server = Server::start(|_| Answer::text(200, "text/plain", ""));
    server.fail_times(1, "PUT", Answer::text(503, "text/plain", "starting"));
    server.fail_times(1, "PUT", Fault::Disconnect);

    let sink = sink(&format!("pushgateway = \"{}\"", server.url())).await;
    let fates = deliver(&*sink, &points()).await;

    assert_eq!(fates.accepted.len(), 5, "{fates:?}");
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn points_are_unknown_if_they_may_have_arrived_and_left_if_they_did_not() {
    let hanging = Server::start(|_| Answer::text(200, "text/plain", ""));
    hanging.fail("PUT", Fault::Hang);
    let unused_address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nowhere = sink(&format!("pushgateway = \"http://{unused_address}\"")).await;
    let points = points();

    let (unavailable, gateway_timeout, no_response, no_connection) = tokio::join!(
        fates_for_response(503, "down"),
        fates_for_response(504, ""),
        fates_from(&hanging, ""),
        deliver_within(DELIVERY_TIME, &*nowhere, &points),
    );

    assert_eq!(unavailable.left.len(), 5, "{unavailable:?}");
    assert!(
        unavailable.left[&0].contains("the Pushgateway has a problem (HTTP 503: down)"),
        "{unavailable:?}"
    );
    assert_eq!(gateway_timeout.unknown.len(), 5, "{gateway_timeout:?}");
    assert_eq!(no_response.unknown.len(), 5, "{no_response:?}");
    assert_eq!(no_connection.left.len(), 5, "{no_connection:?}");
}

#[tokio::test]
async fn points_are_left_if_the_server_is_not_a_pushgateway() {
    for (status, text) in
        [(400, "<html>Bad Request</html>"), (404, "404 page not found"), (302, ""), (405, "")]
    {
        let fates = fates_for_response(status, text).await;

        assert_eq!(fates.left.len(), 5, "{fates:?}");
        assert!(fates.left[&0].contains("check `pushgateway` in [prometheus]"), "{fates:?}");
    }
}

#[tokio::test]
async fn a_final_error_is_not_retried_and_shows_only_the_title_of_an_html_page() {
    let html = "<!DOCTYPE HTML>\n<html lang=\"en\"><head><title>Error response</title></head><body><h1>Error</h1>\
                <p>Unsupported method ('PUT').</p></body></html>";
    for status in [501, 505, 511] {
        let server = Server::start(move |_| Answer::text(status, "text/html", html));

        let fates = fates_from(&server, "").await;

        assert_eq!(server.requests().len(), 1, "{fates:?}");
        assert_eq!(
            fates.left[&0],
            format!(
                "PUT {}{VALUES}: this is not the response of a Pushgateway (HTTP {status}: Error response); check \
                 `pushgateway` in [prometheus], or PUSHGATEWAY_URL",
                server.url()
            )
        );
    }
}

#[tokio::test]
async fn the_error_about_a_refused_login_contains_advice_but_no_secret() {
    for status in [401, 403] {
        let server = Server::start(move |request| {
            Answer::text(status, "text/plain", request.header("authorization").unwrap_or_default())
        });

        let table = format!("pushgateway = \"{}\"", server.url());
        let sink = sink_with(&table, &[("PUSHGATEWAY_TOKEN", "hunter2hunter2")]).await;
        let fates = deliver_within(DELIVERY_TIME, &*sink, &points()).await;

        assert_eq!(fates.left.len(), 5, "{fates:?}");
        assert!(fates.left[&0].contains("PUSHGATEWAY_TOKEN"), "{fates:?}");
        assert!(
            fates.left[&0].contains("[secret]") && !format!("{fates:?}").contains("hunter2"),
            "{fates:?}"
        );
    }
}

#[tokio::test]
async fn points_are_accepted_even_if_old_groups_cannot_be_listed() {
    for answer in [Answer::text(500, "text/plain", "no"), Answer::text(200, "text/plain", "no list")] {
        let server = Server::start(|_| Answer::text(200, "text/plain", ""));
        server.fail("GET /api/v1/metrics", answer);

        let fates = fates_from(&server, "delete_after = \"7d\"").await;

        assert_eq!(fates.accepted.len(), 5, "{fates:?}");
        let lines: Vec<String> = server.requests().iter().map(Request::line).collect();
        assert_eq!(lines.len(), 2, "{lines:?}");
    }
}

#[tokio::test]
async fn other_groups_are_deleted_even_if_one_cannot_be_deleted() {
    let group = |reporter: &str| {
        json!({
            "labels": {"job": "system-health", "reporter": reporter},
            "push_time_seconds": {"metrics": [{"value": "1.7e9"}]},
        })
    };
    let list = json!({"data": [group("one"), group("two")]});
    let server = Server::start(move |request| match &*request.method {
        "GET" => Answer::json(200, &list),
        _ => Answer::text(200, "text/plain", ""),
    });
    server.fail_times(1, "DELETE", Answer::text(500, "text/plain", "no"));

    let fates = fates_from(&server, "delete_after = \"7d\"").await;

    assert_eq!(fates.accepted.len(), 5, "{fates:?}");
    let requests = server.requests();
    let deletions: Vec<String> =
        requests.iter().filter(|request| request.method == "DELETE").map(Request::line).collect();
    let [one, other] = &deletions[..] else { panic!("{deletions:?}") };
    assert_ne!(one, other, "each group is deleted once");
}

#[tokio::test]
async fn a_check_requests_the_readiness_endpoint() {
    let server = Server::start(|_| Answer::text(200, "text/plain", "OK"));
    let sink = sink(&format!("pushgateway = \"{}/gateway/\"", server.url())).await;

    sink.check(Instant::now() + Duration::from_mins(1)).await.unwrap();

    assert_eq!(server.requests()[0].line(), "GET /gateway/-/ready");
}
