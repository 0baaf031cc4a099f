//! The page reads everything again from time to time, without disturbing its reader.

use serde_json::json;
use system_health_test_support::chromium::Chromium;

use crate::site::{Site, entry, refresh};

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn a_refresh_of_a_scrolled_page_keeps_the_focus_and_announces_changes() {
    let site = Site::start();
    let mut browser = Chromium::start();
    browser.emulate(1200, 500, false);
    site.open(&mut browser, "");
    browser.wait_for("document.querySelectorAll('.spark svg').length > 1");
    browser.evaluate("document.querySelector('[data-id=\"shop.orders\"] a').focus()");
    let position = browser.evaluate("scrollY");
    assert_ne!(position, 0);

    site.change("report", |report| {
        report["run"]["started_at"] = "2026-03-01T14:15:00.000Z".into();
        entry(report, "ci.duration")["samples"][0]["value"] = json!(1200);
        entry(report, "ci.duration")["goal"]["met"] = json!(false);
    });
    refresh(&mut browser);
    browser.wait_for("document.querySelector('[data-id=\"ci.duration\"].missed')");

    assert_eq!(
        browser.evaluate("document.querySelector('[role=status]').textContent"),
        "ci.duration: goal missed"
    );
    assert_eq!(browser.evaluate("document.activeElement.textContent"), "shop.orders");
    assert_eq!(browser.evaluate("document.activeElement.isConnected"), true);
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn old_data_is_not_shown_as_current() {
    let site = Site::start();
    let mut browser = Chromium::start();
    site.open(&mut browser, "");

    site.refuse("report", 500, "the disk is full\n");
    refresh(&mut browser);
    browser.wait_for("document.querySelector('[role=alert]')");

    let text = browser.evaluate("document.querySelector('[role=alert]').innerText");
    assert!(
        text.as_str()
            .unwrap()
            .contains("Not current: the server answered 500: the disk is full. This is the run of 2026-"),
        "{text}"
    );
    assert_eq!(browser.evaluate("document.querySelectorAll('.tile').length"), 11, "the last run stays");
}
