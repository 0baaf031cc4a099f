//! What becomes of points when a Pushgateway, or what stands in front of it, does not take them.

use std::{net::TcpListener, time::Duration};

use system_health_registry::Point;
use system_health_test_support::server::{Answer, Fault, Request, Server};
use tokio::time::Instant;

use crate::harness::{Told, VALUES, deliver, deliver_within, gauge, sink, sink_with};

/// Enough for an answer on a busy machine, and little enough to wait for in vain.
const A_WHILE: Duration = Duration::from_secs(2);

fn points() -> Vec<Point> {
    ["a", "b", "c", "d", "e"].map(|key| gauge(0, key, 1.0, &[])).into()
}

async fn told_by(server: &Server, more: &str) -> Told {
    let sink = sink(&format!("pushgateway = \"{}\"\n{more}", server.url())).await;
    deliver_within(A_WHILE, &*sink, &points()).await
}

async fn answered(status: u16, text: &str) -> Told {
    let text = text.to_owned();
    told_by(&Server::start(move |_| Answer::text(status, "text/plain", &text)), "").await
}

fn page(request: &Request) -> String {
    String::from_utf8(request.body.clone()).unwrap()
}

#[tokio::test]
async fn one_bad_metric_keeps_no_other_from_being_delivered() {
    let server = Server::start(|request| {
        if page(request).contains("\nc{") {
            let words = "pushed metrics are invalid or inconsistent with existing metrics: c";
            return Answer::text(400, "text/plain", words);
        }
        Answer::text(200, "text/plain", "")
    });

    let sink = sink(&format!("pushgateway = \"{}\"", server.url())).await;
    let told = deliver(&*sink, &points()).await;

    assert_eq!(told.accepted, [0, 1, 3, 4]);
    assert_eq!(
        told.refused[&2],
        format!(
            "`c` is refused: POST {}{VALUES}: the Pushgateway refused the metrics (HTTP 400: pushed metrics are \
             invalid or inconsistent with existing metrics: c)",
            server.url()
        )
    );
    let taken: Vec<_> =
        server.requests().into_iter().filter(|request| !page(request).contains("\nc{")).collect();
    assert_eq!(taken[0].method, "PUT", "the first page that is taken replaces the earlier run");
    assert!(taken[1..].iter().all(|request| request.method == "POST"));
}

#[tokio::test]
async fn a_page_that_is_too_large_is_split() {
    let server = Server::start(|request| match page(request).matches("# TYPE").count() {
        0..=2 => Answer::text(200, "text/plain", ""),
        _ => Answer::text(413, "text/html", "<html>too large</html>"),
    });

    let sink = sink(&format!("pushgateway = \"{}\"", server.url())).await;
    let told = deliver(&*sink, &points()).await;

    assert_eq!(told.accepted, [0, 1, 2, 3, 4]);
}

#[tokio::test]
async fn an_outage_is_waited_out() {
    let server = Server::start(|_| Answer::text(200, "text/plain", ""));
    server.fail_times(1, "PUT", Answer::text(503, "text/plain", "starting"));
    server.fail_times(1, "PUT", Fault::Disconnect);

    let sink = sink(&format!("pushgateway = \"{}\"", server.url())).await;
    let told = deliver(&*sink, &points()).await;

    assert_eq!(told.accepted.len(), 5, "{told:?}");
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn what_may_have_arrived_is_unknown_and_the_rest_is_left() {
    let hanging = Server::start(|_| Answer::text(200, "text/plain", ""));
    hanging.fail("PUT", Fault::Hang);
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nowhere = sink(&format!("pushgateway = \"http://{free}\"")).await;
    let points = points();

    let (down, between, silent, nobody) = tokio::join!(
        answered(503, "down"),
        answered(504, ""),
        told_by(&hanging, ""),
        deliver_within(A_WHILE, &*nowhere, &points),
    );

    assert_eq!(down.left.len(), 5, "{down:?}");
    assert!(down.left[&0].contains("the Pushgateway has a problem (HTTP 503: down)"), "{down:?}");
    assert_eq!(between.unknown.len(), 5, "{between:?}");
    assert_eq!(silent.unknown.len(), 5, "{silent:?}");
    assert_eq!(nobody.left.len(), 5, "{nobody:?}");
}

#[tokio::test]
async fn an_answer_of_somebody_else_refuses_nothing_for_good() {
    for (status, text) in
        [(400, "<html>Bad Request</html>"), (404, "404 page not found"), (302, ""), (405, "")]
    {
        let told = answered(status, text).await;

        assert_eq!(told.left.len(), 5, "{told:?}");
        assert!(told.left[&0].contains("check `pushgateway` in [prometheus]"), "{told:?}");
    }
}

#[tokio::test]
async fn a_server_that_never_takes_a_push_is_not_asked_twice_and_its_page_not_repeated() {
    let page = "<!DOCTYPE HTML>\n<html lang=\"en\"><head><title>Error response</title></head><body><h1>Error</h1>\
                <p>Unsupported method ('PUT').</p></body></html>";
    for status in [501, 505, 511] {
        let server = Server::start(move |_| Answer::text(status, "text/html", page));

        let told = told_by(&server, "").await;

        assert_eq!(server.requests().len(), 1, "{told:?}");
        assert_eq!(
            told.left[&0],
            format!(
                "PUT {}{VALUES}: this is not the response of a Pushgateway (HTTP {status}: Error response); check \
                 `pushgateway` in [prometheus], or PUSHGATEWAY_URL",
                server.url()
            )
        );
    }
}

#[tokio::test]
async fn a_refused_login_says_what_to_check_and_no_secret() {
    for status in [401, 403] {
        let server = Server::start(move |request| {
            Answer::text(status, "text/plain", request.header("authorization").unwrap_or_default())
        });

        let table = format!("pushgateway = \"{}\"", server.url());
        let sink = sink_with(&table, &[("PUSHGATEWAY_TOKEN", "hunter2hunter2")]).await;
        let told = deliver_within(A_WHILE, &*sink, &points()).await;

        assert_eq!(told.left.len(), 5, "{told:?}");
        assert!(told.left[&0].contains("PUSHGATEWAY_TOKEN"), "{told:?}");
        assert!(told.left[&0].contains("[secret]") && !format!("{told:?}").contains("hunter2"), "{told:?}");
    }
}

#[tokio::test]
async fn a_list_of_groups_that_does_not_come_refuses_no_point() {
    for answer in [Answer::text(500, "text/plain", "no"), Answer::text(200, "text/plain", "no list")] {
        let server = Server::start(|_| Answer::text(200, "text/plain", ""));
        server.fail("GET /api/v1/metrics", answer);

        let told = told_by(&server, "delete_after = \"7d\"").await;

        assert_eq!(told.accepted.len(), 5, "{told:?}");
        let lines: Vec<String> = server.requests().iter().map(Request::line).collect();
        assert_eq!(lines.len(), 2, "{lines:?}");
    }
}

#[tokio::test]
async fn a_check_asks_whether_it_is_ready() {
    let server = Server::start(|_| Answer::text(200, "text/plain", "OK"));
    let sink = sink(&format!("pushgateway = \"{}/gateway/\"", server.url())).await;

    sink.check(Instant::now() + Duration::from_mins(1)).await.unwrap();

    assert_eq!(server.requests()[0].line(), "GET /gateway/-/ready");
}
