//! The rules of axe-core (<https://github.com/dequelabs/axe-core>), in light and dark, on a wide window and on a phone.

use std::fs;

use serde_json::json;
use system_health_test_support::{chromium::Chromium, tools};

use crate::site::{Site, TRACE};

const CHECK: &str = "axe.run(document, { resultTypes: ['violations'] }).then(({ violations, passes }) => ({ \
                     passes: passes.length, violations: violations.map(({ id, nodes }) => \
                     `${id}: ${nodes[0].html} ${nodes[0].failureSummary}`) }))";

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn pages_follow_the_rules_of_accessibility() {
    let axe = fs::read_to_string(tools::file("axe/axe.min.js")).unwrap();
    let site = Site::start();
    let mut browser = Chromium::start();
    let trace = format!("#/trace/{TRACE}");
    let pages = [
        "",
        "#/metric/commits.hotfix",
        "#/metric/incidents.open",
        "#/metric/ci.queue_time",
        "#/events",
        "#/deliveries",
        "#/monitors",
        "#/dashboards",
        "#/received",
        "#/series/shop.orders",
        "#/intake-events",
        "#/intake-traces",
        "#/intake-trace/77",
        "#/intake-monitors",
        "#/intake-dashboards",
        &trace,
    ];

    for (width, is_dark) in [(1200, false), (1200, true), (390, false), (390, true)] {
        browser.emulate(width, 900, is_dark);
        for page in pages {
            site.open(&mut browser, page);
            browser.evaluate(&format!("{axe}; null"));
            let result = browser.evaluate(CHECK);

            assert_eq!(result["violations"], json!([]), "{page} at {width}, dark: {is_dark}");
            assert!(result["passes"].as_u64() > Some(20), "axe-core found almost nothing to check: {result}");
            let excess = browser.evaluate("document.documentElement.scrollWidth - innerWidth");
            assert_eq!(excess, 0, "{page} is wider than {width}");
        }
    }
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn axe_core_finds_a_field_without_a_label() {
    let axe = fs::read_to_string(tools::file("axe/axe.min.js")).unwrap();
    let site = Site::start();
    let mut browser = Chromium::start();
    site.open(&mut browser, "");

    browser.evaluate("document.body.append(document.createElement('input'))");
    browser.evaluate(&format!("{axe}; null"));

    let result = browser.evaluate(CHECK);
    let violations = result["violations"].as_array().unwrap();
    assert!(
        violations.iter().any(|violation| violation.as_str().unwrap().starts_with("label: ")),
        "{violations:#?}"
    );
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn the_tab_key_reaches_the_link_to_the_content_first() {
    let site = Site::start();
    let mut browser = Chromium::start();
    site.open(&mut browser, "");

    browser.press("Tab");
    assert_eq!(browser.evaluate("document.activeElement.textContent"), "Skip to the content");
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn the_link_to_the_content_stays_on_its_page() {
    let site = Site::start();
    let mut browser = Chromium::start();
    site.open(&mut browser, "#/metric/commits.hotfix");

    browser.evaluate("document.querySelector('.skip').click()");

    assert_eq!(browser.evaluate("document.activeElement.id"), "main");
    assert_eq!(browser.evaluate("location.hash"), "#/metric/commits.hotfix");
}
