//! The page of the service in a real Chromium.

use serde_json::json;
use system_health_test_support::chromium::Chromium;

use crate::{
    preview::{GOALS, scene_with_history},
    scene, serve,
};

/// A JavaScript expression for the text of an element, in one line.
fn text_expression(selector: &str) -> String {
    format!("document.querySelector('{selector}').innerText.replace(/\\s+/g, ' ')")
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn the_page_shows_metrics_monitors_and_dashboards() {
    let scene = scene_with_history(GOALS);
    let service = serve(&scene, &["--only", "commits.hotfix"]);
    let _ = service.get_until("/readyz", 200);
    let url = format!("http://{}/", service.address());
    let mut browser = Chromium::start();

    browser.open(&url);
    browser.wait_for("document.querySelector('[data-id=\"commits.hotfix\"].tile')");
    let tile = browser.evaluate(&text_expression("[data-id=\"commits.hotfix\"].tile"));
    let tile = tile.as_str().unwrap();
    assert!(tile.contains("goal missed") && tile.contains("1 commit") && tile.contains("< 1"), "{tile}");
    let titles = "[...document.querySelectorAll('nav a')].map(link => link.firstChild.textContent)";
    let titles = browser.evaluate(titles);
    assert_eq!(titles, json!(["Metrics", "Events", "Deliveries", "Monitors", "Dashboards"]));

    browser.evaluate(
        "[...document.querySelectorAll('nav a')].find(link => link.innerText.startsWith('Monitors')).click()",
    );
    browser.wait_for("document.querySelector('.card h2')");
    let cards = browser.evaluate("[...document.querySelectorAll('.card h2')].map(title => title.innerText)");
    let cards: Vec<&str> = cards.as_array().unwrap().iter().filter_map(|card| card.as_str()).collect();
    assert!(cards[0].contains("alert") && cards[0].contains("commits.hotfix should be < 1"), "{cards:#?}");
    let no_data = cards.iter().find(|card| card.contains("commits.reverts should be < 9")).unwrap();
    assert!(no_data.contains("no data") && !no_data.contains("so far"), "{no_data}");

    browser.open(&format!("{url}#/dashboards"));
    let widget = "[...document.querySelectorAll('.widgets li')].find(widget => \
                  widget.innerText.startsWith('commits.hotfix') && widget.querySelector('.measured'))";
    browser.wait_for(widget);
    assert_eq!(browser.evaluate(&format!("{widget}.querySelector('.measured').innerText")), "1");
    assert_eq!(browser.problems(), [""; 0]);
    let requested = browser.requested_urls();
    assert!(
        requested.iter().all(|address| address.starts_with(&url) || address == "data:,"),
        "{requested:#?}"
    );
}

#[test]
#[ignore = "needs a browser, and waits for a slot of 10 seconds: run cargo xtask test"]
fn a_rarely_collected_metric_that_misses_its_goal_stays_on_the_page() {
    let scene = scene("[goals]\n'commits.hotfix' = '< 1'\n[metrics.every]\n'commits.hotfix' = '1d'\n");
    let mut service = serve(&scene, &["--only", "commits.hotfix,commits.reverts", "--every", "10s"]);
    // The second run collects only `commits.reverts`.
    service.wait_for_line(": values ");
    service.wait_for_line(": values ");
    let mut browser = Chromium::start();

    browser.open(&format!("http://{}/", service.address()));

    browser.wait_for("document.querySelector('[data-id=\"commits.reverts\"].tile')");
    let tile = browser.evaluate(&text_expression("[data-id=\"commits.hotfix\"].tile"));
    let tile = tile.as_str().unwrap();
    assert!(
        tile.contains("1 commit") && tile.contains("goal missed") && tile.contains("collected"),
        "{tile}"
    );
    assert_eq!(browser.problems(), [""; 0]);
}
