//! From a failed metric to its spans and log lines.

use serde_json::json;
use system_health_test_support::chromium::Chromium;

use crate::site::{Site, TRACE, past_trace, refresh};

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn a_failed_metric_links_to_its_spans_and_log_lines() {
    let site = Site::start();
    let mut browser = Chromium::start();
    site.open(&mut browser, "#/metric/incidents.open");

    browser.evaluate(
        "[...document.querySelectorAll('main a')].find(link => link.textContent.includes('trace')).click()",
    );
    browser.wait_for("document.querySelector('.waterfall')");

    let chosen = browser.evaluate("document.querySelector('.waterfall .chosen summary').innerText");
    assert!(chosen.as_str().unwrap().contains("incidents.open"), "{chosen}");
    let lines = browser.evaluate("[...document.querySelectorAll('.log li')].map(line => line.innerText)");
    assert_eq!(lines, json!(["+13 ms info collecting", "+640 ms error connection refused"]));
    assert_eq!(browser.problems(), [""; 0]);
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn a_span_follows_its_parent() {
    let site = Site::start();
    let mut browser = Chromium::start();

    site.open(&mut browser, &format!("#/trace/{TRACE}"));

    let ids = browser
        .evaluate("[...document.querySelectorAll('.waterfall li')].map(span => span.dataset.id).join('')");
    assert_eq!(ids, "1456723");
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn spans_whose_parents_form_a_cycle_are_shown() {
    let site = Site::start();
    site.change(&format!("traces/{TRACE}"), |trace| {
        let spans = trace["spans"].as_array_mut().unwrap();
        let mut second = spans[0].clone();
        for (span, id, parent) in [(&mut spans[0], "1", "8"), (&mut second, "8", "1")] {
            span["span_id"] = id.into();
            span["parent_id"] = parent.into();
        }
        spans.push(second);
    });
    let mut browser = Chromium::start();

    site.open(&mut browser, &format!("#/trace/{TRACE}"));

    assert_eq!(browser.evaluate("document.querySelectorAll('.waterfall > li').length"), 8);
    assert_eq!(browser.problems(), [""; 0]);
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn a_trace_stays_while_it_is_read_even_if_the_server_forgets_it() {
    let site = Site::start();
    let mut browser = Chromium::start();
    site.open(&mut browser, &format!("#/trace/{TRACE}"));
    browser.wait_for("document.querySelector('.waterfall')");

    site.remove(&format!("traces/{TRACE}"));
    site.change("report", |report| report["run"]["started_at"] = "2026-03-01T14:15:00.000Z".into());
    refresh(&mut browser);
    browser.wait_for("document.querySelector('#run time').dateTime === '2026-03-01T14:15:00.000Z'");

    assert_eq!(browser.evaluate("document.querySelectorAll('.waterfall > li').length"), 7);
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn a_plot_links_only_to_traces_that_the_server_has() {
    const LINKS: &str = "[...document.querySelectorAll('.reading a')].map(link => link.hash)";
    let site = Site::start();
    let mut browser = Chromium::start();
    site.open(&mut browser, "#/metric/ci.duration");
    browser.wait_for("document.querySelector('.plot .series path')");
    assert_eq!(browser.evaluate(LINKS), json!([format!("#/trace/{TRACE}")]));

    browser.evaluate("document.querySelector('.plot-box').focus()");
    browser.press("Home");
    browser.press("End");
    browser.press("ArrowLeft");
    assert_eq!(browser.evaluate(LINKS), json!([]), "the server has forgotten this trace");

    site.change("traces", |list| *list = json!({ "traces": [TRACE, past_trace(1)] }));
    refresh(&mut browser);
    browser.wait_for("document.querySelector('.reading a')");
    assert_eq!(browser.evaluate(LINKS), json!([format!("#/trace/{}", past_trace(1))]));
    assert_eq!(browser.problems(), [""; 0]);
}
