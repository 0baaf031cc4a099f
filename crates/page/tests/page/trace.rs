//! From a failed metric to its spans and log lines.

use serde_json::json;
use system_health_test_support::chromium::Chromium;

use crate::site::Site;

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

    site.open(&mut browser, &format!("#/trace/{}", crate::site::TRACE));

    let ids = browser
        .evaluate("[...document.querySelectorAll('.waterfall li')].map(span => span.dataset.id).join('')");
    assert_eq!(ids, "1456723");
}
