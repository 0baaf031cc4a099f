//! Rotel, a real receiver, decodes the points, encodes them again and sends them on. A fake receiver behind Rotel must get the
//! same metrics as a fake receiver that gets the points directly.

use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::metrics::v1::ResourceMetrics;
use system_health_registry::{Distribution, Grade, Kind, Point};
use system_health_test_support::{rotel::Rotel, server::Server};

use crate::harness::{TIME, at, context, decoded, deliver, destination, point, receiver, sink};

fn points() -> Vec<Point> {
    let hour = Duration::from_hours(1);
    let values = Distribution::from_values((0..1000_u32).map(|number| f64::from(number) - 10.0)).unwrap();
    let unit = |unit: &str, point: Point| Point { unit: Some(unit.to_owned()), ..point };
    vec![
        unit(
            "commit",
            point("commits.hotfix", Kind::Gauge, 0.0, &["service:shop", "env:prod", "team:a", "team:b"]),
        ),
        unit("byte", point("net.received", Kind::Rate { interval: hour }, 12.5, &["nightly"])),
        point("deploys", Kind::Count { interval: hour }, 5.0, &[]),
        Point { since: Some(at(TIME - 900)), ..point("requests", Kind::Counter, 7.0, &[]) },
        unit("second", point("builds", Kind::Distribution, values, &["branch:main"])),
    ]
}

/// All metrics that a receiver got, each with its resource, sorted.
fn received(server: &Server) -> Vec<String> {
    let resources =
        server.requests().iter().flat_map(|request| decoded(request).resource_metrics).collect::<Vec<_>>();
    let mut metrics = Vec::new();
    for ResourceMetrics { resource, scope_metrics, .. } in resources {
        let received = scope_metrics.into_iter().flat_map(|scope| scope.metrics);
        metrics.extend(received.map(|metric| format!("{metric:?} of {resource:?}")));
    }
    metrics.sort();
    metrics
}

#[tokio::test]
#[ignore = "needs Rotel: run cargo xtask test"]
async fn a_real_receiver_understands_all_kinds() {
    for preference in ["cumulative", "delta", "lowmemory"] {
        let (behind, direct) = (receiver(), receiver());
        let rotel = Rotel::forwarding_to(&behind.url());
        let table = format!("temporality = '{preference}'");

        for url in [rotel.url(), direct.url()] {
            assert_eq!(deliver(&*sink(&url, &table).await, &points()).await, vec!["accepted"; 5]);
        }

        let (expected, start) = (received(&direct), Instant::now());
        assert_eq!(expected.len(), 5);
        while received(&behind).len() < expected.len() {
            assert!(start.elapsed() < Duration::from_secs(30), "{:?}", received(&behind));
            tokio::task::yield_now().await;
        }
        assert_eq!(received(&behind), expected, "{preference}");
    }
}

#[tokio::test]
#[ignore = "needs Rotel: run cargo xtask test"]
async fn a_real_receiver_passes_the_diagnosis() {
    let behind = receiver();
    let rotel = Rotel::forwarding_to(&behind.url());

    let findings = destination(&format!("endpoint = '{}'", rotel.url()), &[]).diagnose(context()).await;

    assert!(!findings.is_empty());
    assert!(findings.iter().all(|finding| finding.grade == Grade::Ok), "{findings:?}");
}
