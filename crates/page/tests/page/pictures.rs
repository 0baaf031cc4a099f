//! The pictures of the documentation. `UPDATE_DOCS=1 cargo test -p system-health-page --test page pictures -- --ignored` draws them.

use std::{
    env, fs,
    path::Path,
    time::{Duration, SystemTime},
};

use serde_json::Value;
use system_health_page::Documents;
use system_health_test_support::chromium::Chromium;

use crate::site::{Site, entry};

/// Maximum size of a picture, in bytes.
const MAX_BYTES: usize = 100_000;

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn pictures_of_the_documentation_are_small() {
    let site = Site::start_with(&[Documents::Report, Documents::Traces]);
    site.change("report", make_typical);
    let mut browser = Chromium::start();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/images");
    let pictures = [
        ("page-overview", "", 1100, 900, false),
        ("page-metric", "#/metric/ci.success_ratio", 1100, 820, true),
        ("page-phone", "#/metric/commits.hotfix", 390, 844, false),
    ];

    for (name, fragment, width, height, is_dark) in pictures {
        browser.emulate(width, height, is_dark);
        site.open(&mut browser, fragment);
        browser.wait_for(
            "[...document.querySelectorAll('[data-history]')].slice(0, 6).every(holder => holder.firstChild)",
        );
        browser.wait_for("location.hash === '' || document.querySelector('.plot')");
        let picture = browser.screenshot();

        assert!(picture.starts_with(b"RIFF") && picture.len() < MAX_BYTES, "{name}: {} bytes", picture.len());
        if env::var_os("UPDATE_DOCS").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(format!("{name}.webp")), picture).unwrap();
        }
    }
}

/// Changes the report to a run of a few seconds ago, with fewer problems than the tests need.
fn make_typical(report: &mut Value) {
    let before_now = |ago| humantime::format_rfc3339_seconds(SystemTime::now() - ago).to_string();
    report["run"]["started_at"] = before_now(Duration::from_secs(12)).into();
    report["events"][0]["time"] = before_now(Duration::from_hours(5)).into();
    report["sources"].as_array_mut().unwrap().clear();
    report["deliveries"].as_array_mut().unwrap().truncate(2);
    let incidents = entry(report, "incidents.open");
    incidents["error"] = "cannot query the view `incidents`: connection refused".into();
    incidents["causes"] = serde_json::json!(["cannot query the view `incidents`", "connection refused"]);
    let names = [("acme/データ倉庫", "acme/warehouse"), ("acme/متجر", "acme/docs")];
    for entry in report["metrics"].as_array_mut().unwrap() {
        if let Some((_, name)) = names.iter().find(|(name, _)| entry["subject"] == *name) {
            entry["subject"] = (*name).into();
        }
    }
}
