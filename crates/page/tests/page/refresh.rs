//! The page reads everything again from time to time, without disturbing its reader.

use serde_json::{Value, json};
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
    assert_ne!(browser.evaluate("scrollY"), 0);
    let focused_top = "document.activeElement.getBoundingClientRect().top";
    let top_before = browser.evaluate(focused_top).as_f64().unwrap();

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
    // The card above has become higher. Browsers scroll by whole pixels.
    let top = browser.evaluate(focused_top).as_f64().unwrap();
    assert!((top - top_before).abs() <= 1.0, "{top} instead of {top_before}");
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn of_many_changes_only_three_are_named() {
    let site = Site::start();
    let mut browser = Chromium::start();
    site.open(&mut browser, "");

    site.change("report", |report| {
        report["run"]["started_at"] = "2026-03-01T14:15:00.000Z".into();
        for key in ["ci.duration", "ci.queue_time", "ci.success_ratio", "shop.orders"] {
            let failed = entry(report, key);
            failed["state"] = "error".into();
            failed["error"] = "refused".into();
            failed["causes"] = json!(["refused"]);
        }
    });
    refresh(&mut browser);
    browser.wait_for("document.querySelector('[role=status]').textContent !== ''");

    assert_eq!(
        browser.evaluate("document.querySelector('[role=status]').textContent"),
        "ci.duration: error, ci.queue_time: error, ci.success_ratio: error, and 1 more change"
    );
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn a_table_stays_sorted_if_another_column_disappears() {
    const COLUMNS: &str = "[...document.querySelectorAll('thead button')]";
    let site = Site::start();
    let change_tags = |change: fn(&mut Vec<Value>)| {
        site.change("report", |report| {
            change(entry(report, "commits.hotfix")["samples"][0]["tags"].as_array_mut().unwrap());
        });
    };
    change_tags(|tags| tags.push("team:web".into()));
    let mut browser = Chromium::start();
    site.open(&mut browser, "#/metric/commits.hotfix");
    assert_eq!(browser.evaluate(&format!("{COLUMNS}.length")), 6, "the tags have a column");
    browser.evaluate(&format!("{COLUMNS}.at(-1).click()"));
    browser.wait_for("document.querySelector('th[aria-sort]')");

    change_tags(|tags| drop(tags.pop()));
    refresh(&mut browser);
    browser.wait_for(&format!("{COLUMNS}.length === 5"));

    let sorted = browser.evaluate("document.querySelector('th[aria-sort] button').firstChild.textContent");
    assert_eq!(sorted, "Collected in");
    assert_eq!(browser.problems(), [""; 0]);
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

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn a_history_that_could_not_be_read_is_read_again() {
    let site = Site::start();
    site.refuse("history", 500, "the disk is full\n");
    let mut browser = Chromium::start();
    site.open(&mut browser, "#/metric/ci.duration");
    browser.wait_for("document.querySelector('[aria-label=History]').innerText.includes('cannot be read')");

    site.accept("history");
    refresh(&mut browser);

    browser.wait_for("document.querySelector('.plot .series path')");
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn an_old_history_is_not_shown_as_current() {
    const HISTORY: &str = "document.querySelector('[aria-label=History]')";
    let site = Site::start();
    let mut browser = Chromium::start();
    site.open(&mut browser, "#/metric/ci.duration");
    browser.wait_for("document.querySelector('.plot .series path')");

    site.refuse("history", 500, "the disk is full\n");
    site.change("report", |report| report["run"]["started_at"] = "2026-03-01T14:15:00.000Z".into());
    refresh(&mut browser);
    let error = "The history cannot be read: the server answered 500: the disk is full.";
    browser.wait_for(&format!("{HISTORY}.innerText.includes('{error}')"));

    assert_eq!(browser.evaluate("document.querySelectorAll('.plot').length"), 1, "the last history stays");
}
