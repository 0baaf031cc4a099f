//! A real Prometheus scrapes the service.

use system_health_test_support::prometheus::{Prometheus, check_metrics};

use crate::{scene, serve};

#[test]
fn a_real_prometheus_scrapes_the_values() {
    let scene = scene("");
    let service = serve(&scene, &["--only", "commits.*"]);
    let _ = service.get_until("/readyz", 200);

    let prometheus = Prometheus::scraping(service.address(), false);

    let found = prometheus.query_until("commits_hotfix", |found| !found.is_empty());
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].0["branch"].as_str(), found[0].1), ("main", 1.0));
    let up = prometheus.query_until("up", |found| found.iter().any(|(_, value)| *value > 0.0));
    assert_eq!(up.len(), 1);
    let page = service.get("/metrics", "");
    let check = check_metrics(&page.body);
    assert_eq!(check.status, Some(0), "{}\n{}", check.output, page.body);
}
