//! What a local stand-in for Datadog received. Its clients may send anything.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use system_health_test_support::chromium::Chromium;

use crate::site::Site;

const SERIES: &str = "#/series/shop.orders";

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn leaving_out_points_of_a_series_makes_no_gaps() {
    let site = Site::start();
    site.change("intake/series", |document| {
        let points: Vec<Value> =
            (0..1000).map(|minute| json!([now() - 60_000 + minute * 60, minute])).collect();
        document["series"] = json!([{ "tags": [], "points": points, "distributions": [] }]);
    });
    let mut browser = Chromium::start();

    site.open(&mut browser, SERIES);
    browser.wait_for("document.querySelector('.plot .series path')");

    let pieces = "document.querySelector('.plot .series path').getAttribute('d').match(/M/g).length";
    assert_eq!(browser.evaluate(pieces), 1);
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn a_distribution_without_an_average_is_not_drawn() {
    let site = Site::start();
    site.change("intake/series", |document| {
        let huge = json!({ "time": now() - 60, "count": 2, "min": -1e308, "max": 1e308, "avg": null });
        document["series"] = json!([{ "tags": [], "points": [], "distributions": [huge] }]);
    });
    let mut browser = Chromium::start();

    site.open(&mut browser, SERIES);

    let text = browser.evaluate("document.querySelector('main').innerText");
    assert!(text.as_str().unwrap().contains("No results in the last 24 hours."), "{text}");
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn events_at_times_that_a_browser_cannot_represent_are_shown() {
    let site = Site::start();
    site.change("intake/events", |events| {
        let event = |id: u64, time: i64| {
            let mut event = events["events"][0].clone();
            (event["id"], event["time"]) = (id.into(), time.into());
            event
        };
        events["events"] = json!([event(1, 1_772_373_100_000_000), event(2, -1_772_373_100_000_000)]);
    });
    let mut browser = Chromium::start();

    site.open(&mut browser, "#/intake-events");

    assert_eq!(browser.evaluate("document.querySelectorAll('.events > li').length"), 2);
    assert_eq!(browser.problems(), [""; 0]);
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn a_trace_may_have_more_spans_than_a_function_takes_arguments() {
    let site = Site::start();
    site.change("intake/traces", |traces| {
        let span = |id: u32| json!({ "span_id": id.to_string(), "parent_id": "0", "start": id });
        traces["traces"][0]["spans"] = (0..200_000).map(span).collect();
    });
    let mut browser = Chromium::start();

    site.open(&mut browser, "#/intake-trace/77");

    assert_eq!(browser.evaluate("document.querySelectorAll('.waterfall > li').length"), 1000);
    assert_eq!(browser.problems(), [""; 0]);
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn a_span_needs_neither_a_name_nor_a_resource() {
    let site = Site::start();
    site.change("intake/traces", |traces| {
        let span = traces["traces"][0]["spans"][1].as_object_mut().unwrap();
        for property in ["name", "resource", "duration"] {
            span.remove(property);
        }
    });
    let mut browser = Chromium::start();

    site.open(&mut browser, "#/intake-trace/77");

    assert_eq!(browser.evaluate("document.querySelectorAll('.waterfall > li').length"), 2);
    let text = browser.evaluate("document.querySelector('.waterfall').textContent");
    assert!(!text.as_str().unwrap().contains("undefined"), "{text}");
    assert_eq!(browser.problems(), [""; 0]);
}
