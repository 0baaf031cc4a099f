//! The page `#/monitors`. It shows the monitors that `monitors push` would create.

use serde_json::json;
use system_health_test_support::chromium::Chromium;

use crate::site::Site;

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn a_monitor_without_a_state_is_shown_as_not_evaluated() {
    const MONITORS: &str = "[...document.querySelectorAll('.card h2')].map(title => \
                            `${title.querySelector('bdi').textContent}: ${title.querySelector('.state').lastChild.data}`)";
    let site = Site::start();
    let mut browser = Chromium::start();

    site.open(&mut browser, "#/monitors");

    let expected = json!([
        "commits.hotfix misses its goal: alert",
        "ci.flaky has no data: no data",
        "ci.duration: ok",
        "shop.orders: not evaluated",
    ]);
    assert_eq!(browser.evaluate(MONITORS), expected);
    assert_eq!(browser.problems(), [""; 0]);
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn a_metric_about_the_reporter_has_no_link_because_it_has_no_page() {
    const LINKS: &str = "[...document.querySelectorAll('.card a')].map(link => link.hash)";
    let site = Site::start();
    site.change("monitors", |document| {
        document["monitors"][0]["query"] = "min(last_30m):min:system_health.reporter.points{*} < 0".into();
    });
    let mut browser = Chromium::start();

    site.open(&mut browser, "#/monitors");

    let expected = json!(["#/metric/ci.flaky", "#/metric/ci.duration", "#/metric/shop.orders"]);
    assert_eq!(browser.evaluate(LINKS), expected);
}
