//! Remote writes to a real Prometheus, whose values are queried.

use system_health_registry::{ApiCalls, Grade, Point};
use system_health_test_support::prometheus::Prometheus;

use crate::harness::{
    FIRST_RUN, context, counter, deliver, deliver_all, destinations, distribution, gauge, sink, with_unit,
};

fn table(prometheus: &Prometheus) -> String {
    format!("remote_write = \"{}\"", prometheus.remote_write_url())
}

/// The only value that a query finds at the time of a run.
fn value_at(prometheus: &Prometheus, run: u64, query: &str) -> f64 {
    let query = query.replace('@', &format!("@ {}", FIRST_RUN + run * 900));
    let found = prometheus.query(&query);
    assert_eq!(found.len(), 1, "{query}: {found:?}");
    found[0].1
}

#[track_caller]
fn assert_within_one_percent(found: f64, exact: f64) {
    assert!((found - exact).abs() <= 0.01 * exact.abs(), "{found}, not {exact}");
}

/// The points of three runs. Their tags must be the same, so that all runs have the same series.
fn runs(point: impl Fn(u64) -> Point) -> Vec<Point> {
    (0..3).map(point).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Prometheus: run cargo xtask test"]
async fn values_have_the_times_of_their_runs() {
    let prometheus = Prometheus::receiving(false);
    let mut points = runs(|run| {
        with_unit(
            "%",
            gauge(run, "coverage", [50.0, 62.5, 75.0][usize::try_from(run).unwrap()], &["branch:main"]),
        )
    });
    points.extend(runs(|run| {
        with_unit("ms", counter(run, "cpu.time", [0.0, 10e3, 30e3][usize::try_from(run).unwrap()]))
    }));
    // The order of the delivery does not matter.
    points.reverse();

    deliver_all(&*sink(&table(&prometheus)).await, &points).await;

    let coverage = "coverage_ratio{branch=\"main\",job=\"system-health\",reporter=\"acme/shop\"} @";
    for (run, expected) in [(0, 0.5), (1, 0.625), (2, 0.75)] {
        assert!(value_at(&prometheus, run, coverage).total_cmp(&expected).is_eq(), "{run}");
    }
    let increase = value_at(&prometheus, 2, "increase(cpu_time_seconds_total[31m] @)");
    assert!((30.0..=31.0).contains(&increase), "{increase}");
    let rate = value_at(&prometheus, 2, "rate(cpu_time_seconds_total[31m] @)");
    assert!((rate * 1860.0 - increase).abs() < 1e-9, "{rate}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Prometheus: run cargo xtask test"]
async fn quantiles_of_a_distribution_are_within_one_percent() {
    let prometheus = Prometheus::receiving(true);
    let values = || (1..=10_000).map(|value| f64::from(value) * 0.37);
    let mixed = [-4.0, -4.0, -1.0, 0.0, 0.0, 0.0, 3.0];
    let points = [
        distribution(0, "size", values()),
        with_unit("ms", distribution(0, "wait", values())),
        distribution(0, "change", mixed),
    ];

    deliver_all(&*sink(&table(&prometheus)).await, &points).await;

    for quantile in [0.01, 0.5, 0.9, 0.99] {
        let exact = quantile * 3700.0;
        let query = |name: &str| format!("histogram_quantile({quantile}, {name} @)");
        assert_within_one_percent(value_at(&prometheus, 0, &query("size")), exact);
        assert_within_one_percent(value_at(&prometheus, 0, &query("wait_seconds")), exact / 1000.0);
    }
    assert_within_one_percent(value_at(&prometheus, 0, "histogram_count(wait_seconds @)"), 10_000.0);
    assert_within_one_percent(
        value_at(&prometheus, 0, "histogram_sum(wait_seconds @)"),
        0.37 * 10_000.0 * 10_001.0 / 2.0 / 1000.0,
    );
    assert_within_one_percent(value_at(&prometheus, 0, "histogram_quantile(0.2, change @)"), -4.0);
    assert!(value_at(&prometheus, 0, "histogram_quantile(0.7, change @)").abs() < 1e-9);
    assert_within_one_percent(value_at(&prometheus, 0, "histogram_quantile(1, change @)"), 3.0);
    assert!((value_at(&prometheus, 0, "histogram_fraction(-Inf, 0.1, change @)") * 7.0 - 6.0).abs() < 1e-9);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Prometheus: run cargo xtask test"]
async fn only_distributions_are_refused_without_native_histograms() {
    let prometheus = Prometheus::receiving(false);
    let points = [gauge(0, "a", 1.0, &[]), distribution(0, "b", [1.0]), gauge(0, "c", 3.0, &[])];

    let fates = deliver(&*sink(&table(&prometheus)).await, &points).await;

    assert_eq!(fates.accepted, [0, 2], "{fates:?}");
    assert!(fates.refused[&1].contains("--enable-feature=native-histograms"), "{fates:?}");
    assert!(value_at(&prometheus, 0, "c @").total_cmp(&3.0).is_eq());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Prometheus: run cargo xtask test"]
async fn samples_that_are_too_old_are_refused() {
    let prometheus = Prometheus::receiving(false);
    let sink = sink(&table(&prometheus)).await;
    deliver_all(&*sink, &[gauge(2, "a", 3.0, &[])]).await;
    // The same sample again, as after a lost response.
    deliver_all(&*sink, &[gauge(2, "a", 3.0, &[])]).await;

    let late = [gauge(1, "a", 2.0, &[]), gauge(1, "b", 2.0, &[]), gauge(3, "a", 4.0, &[])];
    let fates = deliver(&*sink, &late).await;

    assert_eq!(fates.accepted, [1, 2], "{fates:?}");
    assert!(fates.refused[&0].contains("out of order"), "{fates:?}");

    // Prometheus accepts no samples that are more than an hour older than its newest one.
    deliver_all(&*sink, &[gauge(40, "a", 5.0, &[])]).await;
    let fates = deliver(&*sink, &[gauge(4, "c", 1.0, &[]), gauge(4, "d", 1.0, &[])]).await;
    assert_eq!(fates.refused.len(), 2, "{fates:?}");
    assert!(fates.refused[&0].contains("out_of_order_time_window"), "{fates:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Prometheus: run cargo xtask test"]
async fn the_first_of_several_values_with_the_same_time_counts() {
    let prometheus = Prometheus::receiving(true);
    let sink = sink(&table(&prometheus)).await;
    let first =
        [gauge(0, "a", 1.0, &[]), gauge(0, "b", 2.0, &[]), counter(0, "c", 3.0), distribution(0, "d", [1.0])];
    deliver_all(&*sink, &first).await;

    // A repeated run with the same time collects other values, and a value of a further metric.
    let second = [
        gauge(0, "a", 1.0, &[]),
        gauge(0, "b", 20.0, &[]),
        counter(0, "c", 30.0),
        distribution(0, "d", [1.0, 2.0]),
        gauge(0, "e", 5.0, &[]),
    ];
    let fates = deliver(&*sink, &second).await;
    deliver_all(&*sink, &[gauge(1, "b", 21.0, &[])]).await;

    assert_eq!((&fates.accepted[..], &fates.repeated[..]), (&[0, 4][..], &[1, 2, 3][..]), "{fates:?}");

    for (run, query, expected) in [
        (0, "a @", 1.0),
        (0, "b @", 2.0),
        (0, "c_total @", 3.0),
        (0, "histogram_count(d @)", 1.0),
        (0, "e @", 5.0),
        (1, "b @", 21.0),
    ] {
        assert!(value_at(&prometheus, run, query).total_cmp(&expected).is_eq(), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Prometheus: run cargo xtask test"]
async fn a_diagnosis_says_whether_prometheus_stores_distributions() {
    for (native_histograms, expected) in [(true, &[Grade::Ok][..]), (false, &[Grade::Ok, Grade::Warning])] {
        let prometheus = Prometheus::receiving(native_histograms);
        let destination = destinations(&table(&prometheus)).remove(0);
        let findings = destination.diagnose(context(&ApiCalls::default())).await;
        let grades: Vec<Grade> = findings.iter().map(|finding| finding.grade).collect();
        assert_eq!(grades, expected, "{findings:?}");
    }
}
