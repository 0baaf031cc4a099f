//! Data never becomes markup or script, the page sends requests only to its own server, and it keeps the token only in
//! the tab.

use serde_json::json;
use system_health_test_support::chromium::Chromium;

use crate::site::{Site, entry, refresh};

const MARKUP: &str =
    "<script>document.title = 'hacked'</script><img src=x onerror=\"document.title = 'hacked'\">";

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn markup_in_the_data_is_shown_as_text() {
    let site = Site::start();
    site.change("report", |report| {
        let entry = entry(report, "incidents.open");
        entry["description"] = MARKUP.into();
        entry["error"] = MARKUP.into();
        entry["unit"] = MARKUP.into();
        entry["tags"] = json!([MARKUP]);
        report["events"][0]["title"] = MARKUP.into();
        report["deliveries"][0]["address"] = MARKUP.into();
        report["sources"][1]["error"] = MARKUP.into();
    });
    site.change("catalog", |catalog| {
        for metric in catalog.as_array_mut().unwrap() {
            metric["group_title"] = MARKUP.into();
        }
    });
    let mut browser = Chromium::start();

    for fragment in ["", "#/metric/incidents.open", "#/events", "#/deliveries"] {
        site.open(&mut browser, fragment);

        let text = browser.evaluate("document.querySelector('main').innerText");
        assert!(text.as_str().unwrap().contains(MARKUP), "{fragment}: {text}");
        assert_eq!(browser.evaluate("document.querySelectorAll('main script, main img').length"), 0);
        assert_ne!(browser.evaluate("document.title"), "hacked");
        assert_eq!(browser.problems(), [""; 0]);
    }
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn an_event_with_an_unknown_level_is_shown_as_information() {
    let site = Site::start();
    site.change("intake/events", |events| events["events"][0]["alert_type"] = "constructor".into());
    let mut browser = Chromium::start();

    site.open(&mut browser, "#/intake-events");

    assert_eq!(browser.evaluate("document.querySelector('.events .state').className"), "state event-info");
    assert_eq!(browser.problems(), [""; 0]);
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn a_token_that_a_header_cannot_contain_is_refused() {
    let site = Site::start();
    site.require_token("secret");
    let mut browser = Chromium::start();

    browser.open(&site.url(""));
    browser.wait_for("document.querySelector('dialog[open]')");
    browser.evaluate("document.querySelector('#token-value').value = '秘密'");
    browser.press("Enter");

    browser.wait_for("document.querySelector('dialog[open]')?.innerText.includes('refused')");
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn only_web_addresses_become_links() {
    let site = Site::start();
    site.change("report", |report| {
        let evidence = &mut entry(report, "ci.flaky")["evidence"];
        evidence["items"][0]["link"] = "javascript:alert(1)".into();
        report["events"][0]["link"] = "data:text/html,<script>alert(1)</script>".into();
    });
    let mut browser = Chromium::start();

    for fragment in ["", "#/metric/ci.flaky", "#/events"] {
        site.open(&mut browser, fragment);

        let other_protocols = browser.evaluate(
            "[...document.links].map(link => link.protocol).filter(protocol => !/^https?:$/.test(protocol))",
        );
        assert_eq!(other_protocols, json!([]), "{fragment}");
    }
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn the_policy_refuses_scripts_that_are_not_part_of_the_page() {
    let site = Site::start();
    let mut browser = Chromium::start();
    site.open(&mut browser, "");

    let refused = "(() => { const script = document.createElement('script'); try { script.text = 'document.title = 1'; \
                   document.body.append(script); } catch (error) { return error.name; } return document.title; })()";

    assert_eq!(browser.evaluate(refused), "TypeError", "trusted types");
    let handler = "try { document.body.setAttribute('onclick', 'document.title = \"hacked\"') } catch {} document.body.click()";
    browser.evaluate(handler);
    assert_ne!(browser.evaluate("document.title"), "hacked");
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn the_page_sends_requests_only_to_its_own_server() {
    /// The number of requests that have finished.
    const FINISHED: &str = "performance.getEntriesByType('resource').length";
    let site = Site::start();
    let mut browser = Chromium::start();
    let own = site.url("");

    for fragment in ["", "#/metric/commits.hotfix", "#/dashboards", "#/received"] {
        site.open(&mut browser, fragment);
        let finished = browser.evaluate(FINISHED);
        refresh(&mut browser);
        browser.wait_for(&format!("{FINISHED} > {finished}"));

        let requested = browser.requested_urls();
        assert!(requested.iter().all(|url| url.starts_with(&own) || url == "data:,"), "{requested:#?}");
    }
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn the_page_asks_for_a_token_and_keeps_it_in_the_tab_only() {
    let site = Site::start();
    site.require_token("secret");
    let mut browser = Chromium::start();

    browser.open(&site.url(""));
    browser.wait_for("document.querySelector('dialog[open]')");
    assert_eq!(browser.evaluate("document.activeElement.id"), "token-value");
    browser.type_text("wrong");
    browser.press("Enter");
    browser.wait_for("document.querySelector('dialog[open]')?.innerText.includes('refused')");
    browser.type_text("secret");
    browser.press("Enter");

    browser.wait_for("document.querySelectorAll('.tile').length === 11");
    assert_eq!(browser.evaluate("Object.keys(localStorage).length + document.cookie.length"), 0);
    assert_eq!(browser.evaluate("sessionStorage.getItem('system-health-token')"), "secret");
    assert_eq!(browser.evaluate("document.querySelector('#token-value').value"), "");
}
