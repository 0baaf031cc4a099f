//! The page of one metric.

use serde_json::json;
use system_health_test_support::chromium::Chromium;

use crate::site::{Site, entry, refresh};

const HOTFIX: &str = "#/metric/commits.hotfix";
const SUBJECTS: &str = "[...document.querySelectorAll('tbody th')].map(cell => cell.textContent)";
const COLUMNS: &str =
    "[...document.querySelectorAll('thead button')].map(button => button.firstChild.textContent)";
const HEADLINE: &str = "document.querySelector('.headline').innerText";
const TEXT_BELOW_PLOT: &str = "document.querySelector('.reading').firstChild.textContent";
const HAS_PLOT: &str = "document.querySelector('.plot .series path, .plot .series circle')";

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn the_page_has_goal_history_subjects_and_evidence() {
    let site = Site::start();
    let mut browser = Chromium::start();

    site.open(&mut browser, HOTFIX);
    browser.wait_for(HAS_PLOT);

    let elements = browser.accessibility_tree();
    for expected in [
        "heading commits.hotfix",
        "heading History",
        "slider History of commits.hotfix: choose a run with the arrow keys",
        "heading Subjects",
        "heading Evidence",
        "heading Events",
    ] {
        assert!(elements.iter().any(|element| element == expected), "no {expected}: {elements:#?}");
    }
    assert_eq!(browser.evaluate("document.querySelector('.goal-label').textContent"), "goal < 5");
    let summary = browser.evaluate(HEADLINE);
    let expected = "5 subjects: 1 error, 1 goal missed, 1 no data, 2 goals met";
    assert!(summary.as_str().unwrap().contains(expected), "{summary}");
    assert_eq!(browser.problems(), [""; 0]);
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn no_line_is_drawn_across_a_failed_run() {
    let site = Site::start();
    let mut browser = Chromium::start();

    site.open(&mut browser, "#/metric/ci.duration");
    browser.wait_for(HAS_PLOT);

    let pieces = "document.querySelector('.plot .series path').getAttribute('d').match(/M/g).length";
    assert_eq!(browser.evaluate(pieces), 2, "one before the failure, one after it");
    assert_eq!(browser.evaluate("document.querySelectorAll('.plot .gap.error').length"), 1);
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn subjects_that_need_attention_come_first_until_a_reader_sorts_them() {
    let site = Site::start();
    let mut browser = Chromium::start();

    site.open(&mut browser, HOTFIX);

    let worst_first =
        json!(["acme/billing-service", "acme/shop", "acme/データ倉庫", "acme/checkout", "acme/متجر"]);
    assert_eq!(browser.evaluate(SUBJECTS), worst_first);
    let value = "[...document.querySelectorAll('thead button')].find(button => button.textContent.startsWith('Value'))";
    browser.evaluate(&format!("{value}.click()"));
    browser.wait_for("document.querySelector('th[aria-sort=descending]')");
    let greatest_first =
        json!(["acme/shop", "acme/متجر", "acme/checkout", "acme/billing-service", "acme/データ倉庫"]);
    assert_eq!(browser.evaluate(SUBJECTS), greatest_first, "those without a value come last");
    browser.evaluate(&format!("{value}.click()"));
    browser.wait_for("document.querySelector('th[aria-sort=ascending]')");
    assert_eq!(browser.evaluate(SUBJECTS)[0], "acme/checkout");
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn two_hundred_subjects_can_be_filtered() {
    let site = Site::start();
    site.change("report", |report| {
        let template = entry(report, "commits.landed").clone();
        let metrics = report["metrics"].as_array_mut().unwrap();
        metrics.extend((0..200).map(|number| {
            let mut copy = template.clone();
            copy["subject"] = format!("acme/service-{number:03}").into();
            copy["samples"][0]["tags"] = json!([format!("repo:acme/service-{number:03}")]);
            copy
        }));
    });
    let mut browser = Chromium::start();

    site.open(&mut browser, "#/metric/commits.landed");

    assert_eq!(browser.evaluate("document.querySelectorAll('tbody tr').length"), 205);
    browser.evaluate("document.querySelector('.table-box input').focus()");
    browser.type_text("service-19");
    browser.wait_for("document.querySelectorAll('tbody tr').length === 10");
    assert_eq!(browser.evaluate("document.activeElement.type"), "search", "the focus stays");

    site.change("report", |report| {
        report["metrics"].as_array_mut().unwrap().retain(|metric| {
            let subject = metric["subject"].as_str().unwrap_or_default();
            !subject.contains("/service-") || subject.contains("/service-19")
        });
    });
    refresh(&mut browser);
    browser.wait_for("document.querySelector('caption').textContent.endsWith(' (10 of 15)')");
    let filter = browser.evaluate("document.querySelector('.table-box input')?.value");
    assert_eq!(filter, "service-19", "a reader can still remove it");
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn failed_items_are_not_counted_as_samples() {
    let site = Site::start();
    let mut browser = Chromium::start();

    site.open(&mut browser, "#/metric/queues.length");
    let headline = browser.evaluate(HEADLINE);
    site.open(&mut browser, "");
    let tile = browser.evaluate("document.querySelector('[data-id=\"queues.length\"] .how').innerText");

    assert!(headline.as_str().unwrap().contains("2 samples: 2 values; 1 failed item"), "{headline}");
    assert!(tile.as_str().unwrap().contains("2 samples, 1 failed item"), "{tile}");
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn a_tag_that_repeats_the_name_of_its_subject_is_not_shown() {
    let site = Site::start();
    site.change("report", |report| entry(report, "commits.hotfix")["subject"] = "Acme/Shop".into());
    let mut browser = Chromium::start();

    site.open(&mut browser, HOTFIX);

    assert_eq!(browser.evaluate(COLUMNS), json!(["Subject", "State", "Value", "Why", "Collected in"]));
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn the_arrow_keys_move_over_the_runs() {
    let site = Site::start();
    let mut browser = Chromium::start();
    site.open(&mut browser, "#/metric/ci.duration");
    browser.wait_for(HAS_PLOT);
    let last = browser.evaluate(TEXT_BELOW_PLOT);
    assert!(last.as_str().unwrap().ends_with(": 412.5 second, goal met"), "{last}");

    browser.evaluate("document.querySelector('.plot-box').focus()");
    for _ in 0..41 {
        browser.press("ArrowLeft");
    }

    let failed = browser.evaluate(TEXT_BELOW_PLOT);
    assert!(failed.as_str().unwrap().ends_with(": error: the API answered 502"), "{failed}");
    let spoken = browser.evaluate("document.querySelector('.plot-box').ariaValueText");
    assert_eq!(failed, spoken);
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn a_failed_run_of_several_series_is_shown_with_its_reason() {
    let site = Site::start();
    site.add_series("ci.duration", "runner:large");
    let mut browser = Chromium::start();
    site.open(&mut browser, "#/metric/ci.duration");
    browser.wait_for(HAS_PLOT);

    browser.evaluate("document.querySelector('.plot-box').focus()");
    for _ in 0..41 {
        browser.press("ArrowLeft");
    }

    let failed = browser.evaluate(TEXT_BELOW_PLOT);
    assert!(failed.as_str().unwrap().ends_with(": error: the API answered 502"), "{failed}");
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn a_plot_leaves_key_combinations_to_the_browser() {
    let site = Site::start();
    let mut browser = Chromium::start();
    site.open(&mut browser, "#/metric/ci.duration");
    browser.wait_for(HAS_PLOT);
    let mut is_left_to_the_browser = |modifiers: &str| {
        let event =
            format!("new KeyboardEvent('keydown', {{ key: 'ArrowLeft', cancelable: true, {modifiers} }})");
        browser.evaluate(&format!("document.querySelector('.plot-box').dispatchEvent({event})"))
    };

    assert_eq!(is_left_to_the_browser(""), false, "the key alone moves the cursor");
    for modifier in ["altKey", "ctrlKey", "metaKey"] {
        assert_eq!(is_left_to_the_browser(&format!("{modifier}: true")), true, "{modifier}");
    }
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn distributions_show_quantiles_and_counters_show_increases() {
    let site = Site::start();
    site.change("report", |report| {
        entry(report, "ci.queue_time")["samples"][0]["distribution"]["p50"] = json!(9.412_345);
    });
    let mut browser = Chromium::start();
    let mut texts = |metric: &str| {
        site.open(&mut browser, &format!("#/metric/{metric}"));
        browser.wait_for(HAS_PLOT);
        browser.evaluate(
            "document.querySelector('.headline').innerText + document.querySelector('.history').innerText",
        )
    };

    let distribution = texts("ci.queue_time");
    for expected in ["184 values, p50 9.41, p99 88.1 second", ": 184 values, p50 9.41 second, p99 88.1"] {
        assert!(distribution.as_str().unwrap().contains(expected), "{distribution}");
    }
    let counter = texts("shop.orders");
    assert!(counter.as_str().unwrap().contains("increase "), "{counter}");
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn the_range_of_several_distributions_is_that_of_their_medians() {
    let site = Site::start();
    site.change("report", |report| {
        let samples = entry(report, "ci.queue_time")["samples"].as_array_mut().unwrap();
        let mut other = samples[0].clone();
        other["tags"] = json!(["env:production", "reporter:acme", "runner:large"]);
        other["distribution"]["p50"] = json!(12.345_678);
        samples.push(other);
    });
    let mut browser = Chromium::start();

    site.open(&mut browser, "#/metric/ci.queue_time");
    browser.wait_for(HAS_PLOT);

    let headline = browser.evaluate(HEADLINE);
    assert!(headline.as_str().unwrap().contains("p50 9.4 to 12.3 second"), "{headline}");
    let text = browser.evaluate(TEXT_BELOW_PLOT);
    assert!(text.as_str().unwrap().ends_with(": 2 series, p50 from 9.4 to 12.3 second"), "{text}");
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn the_text_below_a_plot_counts_missed_goals_and_missing_values() {
    let site = Site::start();
    let mut browser = Chromium::start();

    site.open(&mut browser, HOTFIX);
    browser.wait_for(HAS_PLOT);

    let text = browser.evaluate(TEXT_BELOW_PLOT);
    let expected = ": 3 series from 1 to 7 commit, goal missed by 1 series, 2 subjects without a value";
    assert!(text.as_str().unwrap().ends_with(expected), "{text}");
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn one_subject_has_an_address_of_its_own() {
    let site = Site::start();
    let mut browser = Chromium::start();

    site.open(&mut browser, HOTFIX);
    browser.wait_for(HAS_PLOT);
    browser.evaluate(
        "[...document.querySelectorAll('tbody a')].find(link => link.textContent === 'acme/shop').click()",
    );
    browser.wait_for("document.querySelector('h2').innerText.includes('acme/shop')");

    assert_eq!(browser.evaluate("location.hash"), "#/metric/commits.hotfix?subject=acme%2Fshop");
    assert_eq!(browser.evaluate("document.activeElement.tagName"), "H1", "a screen reader says where it is");
    let counted = browser.evaluate("document.querySelectorAll('.items .counted a').length");
    assert_eq!(counted, 7);
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn the_history_of_one_subject_is_read_alone() {
    let site = Site::start();
    let mut browser = Chromium::start();

    site.open(&mut browser, &format!("{HOTFIX}?subject=acme%2Fshop"));
    browser.wait_for(HAS_PLOT);

    let requested = browser.requested_urls();
    let histories: Vec<&str> =
        requested.iter().filter_map(|address| Some(address.split_once("/history?")?.1)).collect();
    assert!(!histories.is_empty(), "{requested:#?}");
    for history in histories {
        assert_eq!(history, "key=commits.hotfix&subject=acme%2Fshop&since=24h&thin=true");
    }
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn a_history_with_too_many_results_shows_fewer_runs_and_says_so() {
    const LEGEND: &str = "document.querySelector('.legend').innerText";
    let site = Site::start();
    let mut browser = Chromium::start();
    site.open(&mut browser, "#/metric/shop.orders");
    browser.wait_for(HAS_PLOT);
    let all = browser.evaluate(LEGEND);
    assert!(all.as_str().unwrap().starts_with("Increases between runs. "), "{all}");

    site.thin(4);
    site.open(&mut browser, "#/metric/shop.orders");
    browser.wait_for(HAS_PLOT);

    let legend = browser.evaluate(LEGEND);
    let start = "One run of 4 is shown, so some runs without a value may be missing. Increases between the runs that are shown. ";
    assert!(legend.as_str().unwrap().starts_with(start), "{legend}");
    let runs = browser.evaluate("document.querySelector('.plot-box').ariaValueMax");
    assert_eq!(runs, "22", "of 24 runs, the first has no increase, and positions count from 0");
    assert_eq!(browser.problems(), [""; 0]);
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn series_that_are_not_drawn_are_counted() {
    for (series, expected) in [(41, "1 more series is not drawn."), (42, "2 more series are not drawn.")] {
        let site = Site::start();
        site.change("report", |report| {
            let samples = entry(report, "ci.duration")["samples"].as_array_mut().unwrap();
            let first = samples[0].clone();
            samples.extend((1..series).map(|number| {
                let mut copy = first.clone();
                copy["tags"] = json!([format!("runner:{number}")]);
                copy
            }));
        });
        let mut browser = Chromium::start();

        site.open(&mut browser, "#/metric/ci.duration");
        browser.wait_for(HAS_PLOT);

        let legend = browser.evaluate("document.querySelector('.legend').innerText");
        assert!(legend.as_str().unwrap().contains(expected), "{legend}");
    }
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn evidence_that_is_not_shown_is_counted() {
    let site = Site::start();
    site.change("report", |report| {
        let failed = entry(report, "incidents.open").clone();
        let metrics = report["metrics"].as_array_mut().unwrap();
        metrics.extend((0..501).map(|number| {
            let mut copy = failed.clone();
            copy["subject"] = format!("acme/service-{number}").into();
            copy
        }));
    });
    let mut browser = Chromium::start();

    site.open(&mut browser, "#/metric/incidents.open");

    let last = browser.evaluate("document.querySelector('[aria-label=Evidence]').lastChild.textContent");
    assert_eq!(last, "… and 2 more rows: see the JSON document.");
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn a_cursor_over_a_run_that_is_no_longer_shown_disappears() {
    let site = Site::start();
    let mut browser = Chromium::start();
    site.open(&mut browser, "#/metric/ci.duration");
    browser.wait_for(HAS_PLOT);
    browser.evaluate("document.querySelector('.plot-box').focus()");
    browser.press("Home");
    assert_eq!(browser.evaluate("document.querySelector('.cursor').getAttribute('visibility')"), "visible");

    site.thin(4);
    site.change("report", |report| report["run"]["started_at"] = "2026-03-01T14:15:00.000Z".into());
    refresh(&mut browser);
    browser.wait_for("document.querySelector('.legend').innerText.startsWith('One run of 4')");

    assert_eq!(browser.evaluate("document.querySelector('.cursor').getAttribute('visibility')"), "hidden");
    let text = browser.evaluate(TEXT_BELOW_PLOT);
    assert!(text.as_str().unwrap().ends_with(": 412.5 second, goal met"), "{text}");
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn the_times_below_a_plot_stay_round_when_daylight_saving_time_begins() {
    // The page's functions are in a module, which a test cannot call.
    const SCALE: &str = include_str!("../../src/web/scale.js");
    let mut browser = Chromium::start();
    browser.call("Emulation.setTimezoneOverride", &json!({ "timezoneId": "Europe/Berlin" }));

    let hours = browser.evaluate(&format!(
        "(() => {{ {SCALE}
            const ticks = timeTicks(Date.parse('2026-03-27T12:00Z'), Date.parse('2026-03-31T12:00Z'), 5);
            return ticks.map(tick => new Date(tick).getHours());
        }})()"
    ));

    assert_eq!(hours, json!([0, 0, 0, 0]));
}

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn durations_are_written_as_in_a_terminal() {
    // The page's functions are in a module, which a test cannot call.
    const TEXT: &str = include_str!("../../src/web/text.js");
    let mut browser = Chromium::start();

    let durations = browser.evaluate(&format!(
        "(() => {{ {TEXT}
            return [214, 1540, 59999, 125000, 3600000, 86399999, 604800000].map(shownDuration);
        }})()"
    ));

    let expected = json!(["214 ms", "1.5 s", "59.9 s", "2 min 5 s", "1 h 0 min", "23 h 59 min", "7 d 0 h"]);
    assert_eq!(durations, expected);
}
