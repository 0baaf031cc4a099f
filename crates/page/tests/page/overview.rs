//! The first page: all metrics.

use serde_json::json;
use system_health_page::Documents;
use system_health_test_support::chromium::Chromium;

use crate::site::{Site, entry, refresh};

const TILES: &str = "[...document.querySelectorAll('.tile')].map(tile => `${tile.querySelector('.key').textContent}: \
                     ${tile.querySelector('.state').textContent.trim().replace(/^\\S+\\s+/, '')}`)";

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn metrics_that_need_attention_come_first() {
    let site = Site::start();
    let mut browser = Chromium::start();

    site.open(&mut browser, "");

    let expected = json!([
        "commits.hotfix: error",
        "commits.landed: value",
        "incidents.open: error",
        "queues.length: items failed",
        "ci.success_ratio: goal missed",
        "ci.flaky: no data",
        "ci.duration: goal met",
        "ci.queue_time: value",
        "ci.error_ratio: goal met",
        "shop.orders: value",
        "prs.open: not collected",
    ]);
    assert_eq!(browser.evaluate(TILES), expected);
    assert_eq!(browser.problems(), [""; 0]);
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn a_metric_that_an_earlier_run_collected_keeps_its_state_and_says_when() {
    const TILE: &str = "document.querySelector('.tiles > [data-id=\"incidents.open\"]')";
    let site = Site::start();
    let earlier = "000000000000000000000000000000ab";
    site.change("report", |report| {
        entry(report, "incidents.open")["run"] =
            json!({ "started_at": "2026-03-01T13:00:00.000Z", "trace_id": earlier });
    });
    let mut browser = Chromium::start();

    site.open(&mut browser, "");

    assert_eq!(browser.evaluate(&format!("{TILE}.classList.contains('error')")), true);
    let times = format!("[...{TILE}.querySelectorAll('time')].map(time => time.dateTime)");
    assert_eq!(browser.evaluate(&times), json!(["2026-03-01T13:00:00.000Z"]));
    let text = browser.evaluate(&format!("{TILE}.innerText"));
    assert!(text.as_str().unwrap().contains("collected"), "{text}");
    let of_last_run =
        browser.evaluate("document.querySelectorAll('.tiles > [data-id=\"ci.flaky\"] time').length");
    assert_eq!(of_last_run, 0, "the page says above when the last run was");
    let traces = "[...document.links].map(link => link.hash).filter(hash => hash.startsWith('#/trace/'))";
    let own = format!("{traces}.filter(hash => hash.includes('incidents.open'))");
    let expected = format!("#/trace/{earlier}?metric=incidents.open");
    assert_eq!(browser.evaluate(&own), json!([expected]));
    assert_eq!(browser.problems(), [""; 0]);

    site.open(&mut browser, "#/metric/incidents.open");

    let times = "[...document.querySelectorAll('.headline time')].map(time => time.dateTime)";
    assert_eq!(browser.evaluate(times), json!(["2026-03-01T13:00:00.000Z"]));
    assert_eq!(browser.evaluate(&own), json!([expected]));
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn a_red_tile_links_to_the_commits_and_runs_behind_it() {
    let site = Site::start();
    let mut browser = Chromium::start();

    site.open(&mut browser, "");

    let links = |key: &str| {
        format!(
            "[...document.querySelector('[data-id=\"{key}\"]').querySelectorAll('a[href^=http]')].map(link => link.href)"
        )
    };
    let commits = browser.evaluate(&links("commits.hotfix"));
    assert_eq!(commits[0], "https://github.com/acme/shop/commit/a0", "{commits}");
    let runs = browser.evaluate(&links("ci.success_ratio"));
    assert_eq!(runs[0], "https://github.com/acme/shop/actions/runs/4121", "those that did not count: {runs}");
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn a_reader_can_filter_by_text_and_by_state() {
    let site = Site::start();
    let mut browser = Chromium::start();
    site.open(&mut browser, "");

    browser.evaluate("document.querySelector('#filter').focus()");
    browser.type_text("acme/checkout");
    browser.wait_for("document.querySelectorAll('.tile').length === 2");
    assert_eq!(browser.evaluate(TILES), json!(["commits.hotfix: error", "commits.landed: value"]));
    assert_eq!(browser.evaluate("document.activeElement.id"), "filter", "the focus stays");

    browser.evaluate("document.querySelector('[data-id=value]').click()");
    browser.wait_for("document.querySelectorAll('.tile').length === 1");
    assert_eq!(browser.evaluate(TILES), json!(["commits.landed: value"]));
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn failed_deliveries_and_sources_are_shown_above_the_metrics() {
    let site = Site::start();
    let mut browser = Chromium::start();

    site.open(&mut browser, "");

    let problems = browser.evaluate("document.querySelector('.problems').innerText");
    let problems = problems.as_str().unwrap();
    assert!(problems.contains("source billing: cannot connect: connection refused"), "{problems}");
    assert!(problems.contains("delivery otlp http://collector:4318: failed: cannot connect"), "{problems}");
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn a_dry_run_says_how_many_series_would_be_sent() {
    const SUMMARIES: &str = "[...document.querySelectorAll('main summary')].map(it => it.textContent)";
    let mut browser = Chromium::start();
    for (self_metrics, expected) in
        [(3, "12 series, and 3 about the reporter, would be sent"), (0, "12 series would be sent")]
    {
        let site = Site::start();
        site.change("report", |report| {
            let deliveries = report["deliveries"].as_array_mut().unwrap();
            deliveries.retain(|delivery| delivery["state"] == "dry_run");
            deliveries[0]["self_metrics"] = self_metrics.into();
        });

        site.open(&mut browser, "#/deliveries");
        browser.wait_for("document.querySelector('main summary')");

        let summaries = browser.evaluate(SUMMARIES);
        assert!(summaries.as_array().unwrap().contains(&expected.into()), "{summaries}");
    }
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn before_the_first_run_the_page_shows_the_metrics_of_the_program() {
    let site = Site::start_with(&[Documents::Report]);
    site.remove("report");
    let mut browser = Chromium::start();

    site.open(&mut browser, "");

    let text = browser.evaluate("document.querySelector('main').innerText");
    assert!(text.as_str().unwrap().contains("No run has finished yet."), "{text}");
    assert_eq!(browser.evaluate("document.querySelectorAll('.tile.not_collected').length"), 10);
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn a_service_that_has_not_run_yet_says_so() {
    let site = Site::start_with(&[Documents::Report]);
    site.refuse("report", 503, "the first run starts at 14:15\n");
    let mut browser = Chromium::start();

    site.open(&mut browser, "");

    let text = browser.evaluate("document.querySelector('.banner').innerText");
    let expected = "No run to show. The server says: the first run starts at 14:15. ";
    assert!(text.as_str().unwrap().contains(expected), "{text}");
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn the_navigation_has_only_what_the_server_has() {
    let mut browser = Chromium::start();
    let mut navigation = |documents: &[Documents]| {
        let site = Site::start_with(documents);
        site.open(&mut browser, "");
        let titles =
            "[...document.querySelectorAll('nav a')].map(link => link.firstChild.textContent).join(', ')";
        let problems = browser.problems();
        assert_eq!(problems, [""; 0]);
        browser.evaluate(titles)
    };

    assert_eq!(navigation(&[Documents::Report]), "Metrics, Events, Deliveries");
    assert_eq!(
        navigation(&[Documents::Intake]),
        "Received, Pushed monitors, Pushed dashboards, Received events, Received traces"
    );
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn the_links_below_the_page_lead_to_documents() {
    const LINKS: &str = "[...document.querySelectorAll('#foot a')].map(link => link.getAttribute('href'))";
    let site = Site::start_with(&[Documents::Report]);
    let mut browser = Chromium::start();

    site.open(&mut browser, "");

    // A history needs the key of a metric, so there is no link to it.
    assert_eq!(browser.evaluate(LINKS), json!(["api/v1/report?current=true", "api/v1/catalog"]));
    site.require_token("secret");
    refresh(&mut browser);
    browser.wait_for("document.querySelector('dialog').open");
    browser.type_text("secret");
    browser.press("Enter");
    browser.wait_for("!document.querySelector('dialog').open");
    browser.wait_for("document.querySelectorAll('#foot a').length === 0");
    let text = browser.evaluate("document.querySelector('#foot').innerText");
    assert!(!text.as_str().unwrap().contains("JSON"), "a link cannot send the token: {text}");
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn a_small_drawing_says_that_not_all_runs_are_shown() {
    let site = Site::start();
    let mut browser = Chromium::start();
    let drawing = "document.querySelector('.spark svg')";

    site.thin(4);
    site.open(&mut browser, "");
    browser.wait_for(drawing);

    let label = browser.evaluate(&format!("{drawing}.ariaLabel"));
    assert!(label.as_str().unwrap().ends_with(", one run of 4 is shown"), "{label}");
    let title = browser.evaluate(&format!("{drawing}.querySelector('title').textContent"));
    assert_eq!(title, "One run of 4 is shown.");
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn a_failed_run_of_several_series_is_counted_once() {
    let site = Site::start();
    site.add_series("ci.duration", "runner:large");
    let mut browser = Chromium::start();
    let tile = "document.querySelector('[data-id=\"ci.duration\"]')";
    let drawing = format!("{tile}.querySelector('.spark svg')");

    site.open(&mut browser, "");
    browser.evaluate(&format!("{tile}.scrollIntoView()"));
    browser.wait_for(&drawing);

    let label = browser.evaluate(&format!("{drawing}.ariaLabel"));
    assert!(label.as_str().unwrap().ends_with(", 1 time without a value"), "{label}");
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn a_long_error_is_not_cut_within_a_character() {
    let site = Site::start();
    let long = format!("{}😀{}", "a".repeat(239), "b".repeat(9));
    site.change("report", |report| entry(report, "incidents.open")["causes"] = json!([long]));
    let mut browser = Chromium::start();

    site.open(&mut browser, "");

    let text = "document.querySelector('[data-id=\"incidents.open\"] .why').textContent";
    assert_eq!(browser.evaluate(&format!("{text}.includes('aaa …')")), true);
    assert_eq!(browser.evaluate(&format!("{text}.isWellFormed()")), true);
}
