//! The requests to a Pushgateway, and which of them replace earlier values.

use std::time::Duration;

use system_health_registry::{ApiCalls, Context, Point};
use system_health_test_support::server::{Answer, Request, Server};
use tokio::time::Instant;

use crate::harness::{
    ABOUT_THE_REPORTER, VALUES, context, deliver, deliver_all, gauge, sink, sink_in, sink_with, with_unit,
};

fn gateway() -> Server {
    Server::start(|_| Answer::text(200, "text/plain", ""))
}

fn table(server: &Server) -> String {
    format!("pushgateway = \"{}\"", server.url())
}

fn lines(server: &Server) -> Vec<String> {
    server.requests().iter().map(Request::line).collect()
}

fn body(server: &Server, request: usize) -> String {
    String::from_utf8(server.requests()[request].body.clone()).unwrap()
}

#[tokio::test]
async fn points_become_a_page_of_gauges() {
    let (server, calls) = (gateway(), ApiCalls::default());
    let points: Vec<Point> = vec![
        with_unit("commit", gauge(0, "commits.hotfix", 3.0, &["branch:next", "env:test"])),
        with_unit("commit", gauge(0, "commits.hotfix", 7.5, &["branch:main", "env:test"])),
        with_unit("ms", gauge(0, "build.duration", 250.0, &[])),
    ];

    deliver_all(&*sink_in(&table(&server), context(&calls)).await, &points).await;

    assert_eq!(lines(&server), [format!("PUT {VALUES}")]);
    assert_eq!(
        body(&server, 0),
        "# HELP build_duration_seconds The metric build.duration of system-health.\n\
         # TYPE build_duration_seconds gauge\n\
         build_duration_seconds{reporter=\"acme/shop\"} 0.25\n\
         # HELP commits_hotfix Commits of the last 7 days\\nthat mention a \\\\hotfix\\\\. (unit: commit)\n\
         # TYPE commits_hotfix gauge\n\
         commits_hotfix{branch=\"main\",env=\"test\",reporter=\"acme/shop\"} 7.5\n\
         commits_hotfix{branch=\"next\",env=\"test\",reporter=\"acme/shop\"} 3\n"
    );
    assert_eq!(server.requests()[0].header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let counted: Vec<_> =
        calls.by_status().into_iter().map(|calls| (calls.api, calls.status, calls.count)).collect();
    assert_eq!(counted, [("pushgateway", Some(200), 1)]);
}

#[tokio::test]
async fn a_run_replaces_the_previous_run_and_the_deliveries_of_one_run_are_combined() {
    let server = gateway();
    let sink = sink(&table(&server)).await;

    deliver_all(&*sink, &[gauge(0, "a", 1.0, &["n:1"]), gauge(0, "b", 1.0, &[])]).await;
    deliver_all(&*sink, &[gauge(0, "a", 2.0, &["n:2"])]).await;
    deliver_all(&*sink, &[gauge(1, "b", 2.0, &[])]).await;

    let put = format!("PUT {VALUES}");
    assert_eq!(lines(&server), [put.clone(), format!("POST {VALUES}"), put]);
    // A POST replaces all series of a metric, so it repeats those of the previous delivery.
    let second = body(&server, 1);
    assert!(
        second.contains("n=\"1\"") && second.contains("n=\"2\"") && !second.contains("# TYPE b"),
        "{second}"
    );
    assert!(!body(&server, 2).contains("# TYPE a"), "{}", body(&server, 2));
}

#[tokio::test]
async fn metrics_about_the_reporter_have_their_own_group() {
    let server = gateway();
    let sink = sink(&table(&server)).await;

    deliver_all(&*sink, &[gauge(0, "a", 1.0, &[])]).await;
    deliver_all(&*sink, &[gauge(0, "system_health.reporter.metrics", 1.0, &["state:value"])]).await;

    assert_eq!(lines(&server), [format!("PUT {VALUES}"), format!("PUT {ABOUT_THE_REPORTER}")]);
}

#[tokio::test]
async fn clearing_removes_only_the_values_of_earlier_runs() {
    let server = gateway();
    let sink = sink(&table(&server)).await;
    deliver_all(&*sink, &[gauge(1, "a", 1.0, &[])]).await;

    sink.clear(Instant::now() + Duration::from_mins(1)).await.unwrap();
    deliver_all(&*sink, &[gauge(2, "system_health.reporter.metrics", 1.0, &["state:error"])]).await;
    deliver_all(&*sink, &[gauge(3, "a", 1.0, &[])]).await;

    let put = format!("PUT {VALUES}");
    assert_eq!(lines(&server), [&*put, &put, &format!("PUT {ABOUT_THE_REPORTER}"), &put]);
    assert_eq!(body(&server, 1), "");
}

#[tokio::test]
async fn values_that_cannot_be_removed_are_an_error() {
    let server = Server::start(|_| Answer::text(404, "text/plain", "404 page not found"));

    let error = sink(&table(&server)).await.clear(Instant::now() + Duration::from_mins(1)).await.unwrap_err();

    assert!(error.to_string().starts_with("cannot remove the values of an earlier run"), "{error}");
}

#[tokio::test]
async fn points_of_an_earlier_run_are_refused() {
    let server = gateway();
    let points = [gauge(0, "failing", 1.0, &[]), gauge(0, "a", 1.0, &[]), gauge(1, "a", 2.0, &[])];

    let fates = deliver(&*sink(&table(&server)).await, &points).await;

    assert_eq!(fates.accepted, [2]);
    assert_eq!(
        fates.refused[&0],
        "the value of `failing` is from an earlier run, and Prometheus would show it as a current value, because \
         a Pushgateway or a textfile accepts no timestamps"
    );
    assert_eq!(body(&server, 0).matches("# TYPE").count(), 1, "{}", body(&server, 0));
}

#[tokio::test]
async fn points_that_prometheus_cannot_tell_apart_or_accept_are_refused() {
    let server = gateway();
    let points = [
        gauge(0, "ci.runs", 1.0, &[]),
        gauge(0, "ci_runs", 2.0, &[]),
        gauge(0, "good", 3.0, &[]),
        gauge(0, "queue", 4.0, &["git-branch:a", "git.branch:b"]),
        gauge(0, "queue", 5.0, &["git-branch:b", "git.branch:a"]),
        gauge(0, "queue", 6.0, &[]),
        gauge(0, "push.time_seconds", 7.0, &[]),
        gauge(0, "infinite", f64::INFINITY, &[]),
    ];

    let fates = deliver(&*sink(&table(&server)).await, &points).await;

    assert_eq!(fates.accepted, [2, 5]);
    let same_name =
        "the keys `ci.runs`, `ci_runs` would all have the name `ci_runs` in Prometheus; rename all but one";
    assert_eq!((&*fates.refused[&0], &*fates.refused[&1]), (same_name, same_name));
    let same_series = "`queue` with the tags [git-branch:a, git.branch:b] and with [git-branch:b, git.branch:a] would be one \
                  series in Prometheus, `queue{git_branch=\"a,b\",reporter=\"acme/shop\"}`; rename a tag";
    assert_eq!((&*fates.refused[&3], &*fates.refused[&4]), (same_series, same_series));
    assert!(fates.refused[&6].contains("which the Pushgateway uses itself"), "{fates:?}");
    assert!(fates.refused[&7].contains("`infinite` is inf"), "{fates:?}");
    let page = body(&server, 0);
    assert_eq!(page.matches("# TYPE").count(), 2, "{page}");
}

#[tokio::test]
async fn points_of_one_metric_in_a_row_are_checked_one_by_one() {
    let server = gateway();
    let points = [
        gauge(0, "load", 1.0, &["host:c"]),
        gauge(0, "load", f64::INFINITY, &["host:b"]),
        gauge(0, "load", 3.0, &["host:a"]),
        with_unit("second", gauge(0, "load", 4.0, &[])),
        gauge(0, "push.time_seconds", 5.0, &["host:a"]),
        gauge(0, "push.time_seconds", f64::NAN, &["host:b"]),
        gauge(0, "load", 7.0, &["host:c"]),
    ];

    let fates = deliver(&*sink(&table(&server)).await, &points).await;

    assert_eq!(fates.accepted, [0, 2, 3, 6]);
    assert!(fates.refused[&1].contains("`load` is inf"), "{fates:?}");
    for position in [4, 5] {
        assert!(fates.refused[&position].contains("which the Pushgateway uses itself"), "{fates:?}");
    }
    let page = body(&server, 0);
    let values: Vec<&str> = page.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(
        values,
        [
            "load{host=\"a\",reporter=\"acme/shop\"} 3",
            "load{host=\"c\",reporter=\"acme/shop\"} 7",
            "load_seconds{reporter=\"acme/shop\"} 4",
        ]
    );
}

#[tokio::test]
async fn a_delivered_series_stays_if_a_later_point_would_be_the_same_series() {
    let server = gateway();
    let sink = sink(&table(&server)).await;
    deliver_all(&*sink, &[gauge(0, "a", 1.0, &["git-branch:x"])]).await;

    let more = [gauge(0, "a", 2.0, &["git.branch:x"]), gauge(0, "a", 3.0, &["git-branch:y"])];
    let fates = deliver(&*sink, &more).await;

    assert_eq!(fates.accepted, [1]);
    assert!(
        fates.refused[&0].contains("[git-branch:x] and with [git.branch:x] would be one series"),
        "{fates:?}"
    );
    let page = body(&server, 1);
    let values: Vec<&str> = page.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(
        values,
        ["a{git_branch=\"x\",reporter=\"acme/shop\"} 1", "a{git_branch=\"y\",reporter=\"acme/shop\"} 3"]
    );
}

#[tokio::test]
async fn a_later_point_of_a_series_replaces_an_earlier_one() {
    let server = gateway();

    deliver_all(&*sink(&table(&server)).await, &[gauge(0, "a", 1.0, &[]), gauge(0, "a", 2.0, &[])]).await;

    assert!(body(&server, 0).ends_with("a{reporter=\"acme/shop\"} 2\n"), "{}", body(&server, 0));
}

#[tokio::test]
async fn without_a_reporter_name_the_group_has_only_the_job() {
    let server = gateway();
    let sink = sink_in(&table(&server), Context::new()).await;

    deliver_all(&*sink, &[gauge(0, "a", 1.0, &[])]).await;

    assert_eq!(lines(&server), ["PUT /metrics/job/system-health"]);
    assert!(body(&server, 0).ends_with("\na 1\n"));
}

#[tokio::test]
async fn a_login_is_sent() {
    for (login, header) in [
        (
            &[("PUSHGATEWAY_USERNAME", "me"), ("PUSHGATEWAY_PASSWORD", "hunter22")][..],
            "Basic bWU6aHVudGVyMjI=",
        ),
        (&[("PUSHGATEWAY_TOKEN", "hunter22")], "Bearer hunter22"),
    ] {
        let server = gateway();

        let sink = sink_with(&table(&server), login).await;
        deliver_all(&*sink, &[gauge(0, "a", 1.0, &[])]).await;

        assert_eq!(server.requests()[0].header("authorization"), Some(header));
        assert!(!format!("{sink:?}").contains("hunter22"));
    }
}
