//! The runbooks in the documentation.

use std::{collections::BTreeSet, fs, path::Path};

use system_health_registry::{
    Catalog,
    self_metrics::{POINTS, RUN_DURATION},
};
use system_health_report_cli as _;

/// Where the pages are published.
const BASE: &str = "https://github.com/system-health/system-health/blob/main/docs/runbooks/";

/// Each metric with a goal or a monitor has a page, and each page has a metric. The list of pages links to each page.
#[test]
fn every_metric_with_a_goal_or_a_monitor_has_a_runbook() {
    let catalog = Catalog::linked().unwrap();
    // These metrics have no goal, but a monitor of the reporter watches them.
    let has_monitor = |key: &str| [POINTS, RUN_DURATION].iter().any(|metric| metric.key == key);
    let expected: BTreeSet<String> = catalog
        .metrics()
        .iter()
        .filter(|metric| metric.goal().is_some() || has_monitor(metric.key()))
        .map(|metric| {
            let page = format!("{}.md", metric.key());
            assert_eq!(metric.monitoring().runbook, Some(format!("{BASE}{page}")), "{}", metric.key());
            page
        })
        .collect();

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/runbooks");
    let list = fs::read_to_string(folder.join("README.md")).unwrap();
    let pages = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let pages: BTreeSet<String> = pages.filter(|name| name != "README.md").collect();

    assert_eq!(pages, expected);
    for page in pages {
        let key = page.strip_suffix(".md").unwrap();
        assert!(
            list.contains(&format!("[{key}]({page})")),
            "docs/runbooks/README.md does not link to {page}"
        );
        let text = fs::read_to_string(folder.join(&page)).unwrap();
        assert!(text.starts_with(&format!("# `{key}`")), "{page} starts with another title");
    }
}
