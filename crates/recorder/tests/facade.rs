//! Values that come from the macros of the crate `metrics`.
#![cfg(feature = "metrics")]

use system_health_recorder::{Facade, Recorder};
use system_health_registry::{Catalog, Context, Engine, Run, Tag};

async fn run(recorder: &Recorder) -> Run {
    let catalog = Catalog::from_sources([recorder.source()]).unwrap();
    Engine::new().run(&catalog, &Context::new()).await
}

#[tokio::test]
async fn macros_become_metrics_with_tags_descriptions_and_units() {
    let recorder = Recorder::new();
    metrics::with_local_recorder(&Facade::new(recorder.clone()), || {
        metrics::describe_histogram!(
            "http::request-seconds",
            metrics::Unit::Seconds,
            "Durations of requests."
        );
        metrics::counter!("http::requests", "route" => "/orders").increment(2);
        metrics::counter!("http::requests", "route" => "/orders").absolute(5);
        metrics::gauge!("http::open").increment(3.0);
        metrics::gauge!("http::open").decrement(1.0);
        metrics::histogram!("http::request-seconds").record(0.25);
    });

    let run = run(&recorder).await;

    let lines: Vec<String> = run
        .outcomes()
        .iter()
        .map(|outcome| {
            let sample = &outcome.samples()[0];
            let tags: Vec<&str> = sample.tags().iter().map(Tag::as_str).collect();
            format!(
                "{} {} = {} [{}]",
                outcome.metric.kind(),
                outcome.metric.key(),
                sample.value(),
                tags.join(",")
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            "gauge http.open = 2 []",
            "distribution http.request_seconds = 1 value, p50 0.25, p99 0.25 []",
            "counter http.requests = 5 [route:/orders]",
        ]
    );
    let seconds = &run.outcomes()[1].metric;
    assert_eq!((seconds.description(), seconds.unit()), ("Durations of requests.", Some("second")));
}

#[tokio::test]
async fn a_total_that_is_copied_from_another_counter_has_no_start() {
    let recorder = Recorder::new();
    metrics::with_local_recorder(&Facade::new(recorder.clone()), || {
        metrics::counter!("requests").increment(1);
        metrics::counter!("packets").absolute(1_000_000);
        metrics::counter!("packets").increment(1);
    });

    let run = run(&recorder).await;

    let [packets, requests] = run.outcomes() else { panic!("{run:?}") };
    assert_eq!(*packets.samples()[0].value(), 1_000_001.0);
    assert_eq!(packets.samples()[0].start(), None, "the program did not count most of it");
    assert!(requests.samples()[0].start().is_some(), "the program counted all of it");
}

#[tokio::test]
async fn a_refused_series_does_not_fail_the_program_and_is_named() {
    let recorder = Recorder::with_max_series(1);
    metrics::with_local_recorder(&Facade::new(recorder.clone()), || {
        for route in ["/a", "/b", "/b"] {
            metrics::counter!("requests", "route" => route).increment(1);
        }
    });

    let run = run(&recorder).await;

    let outcome = &run.outcomes()[0];
    assert_eq!(outcome.samples().len(), 1);
    let failed = outcome.failed_items()[0].to_string();
    assert!(failed.contains("2 times") && failed.contains("route:/b"), "{failed}");
}

#[tokio::test]
async fn each_run_says_how_often_the_handles_of_refused_series_dropped_values() {
    let recorder = Recorder::with_max_series(1);
    recorder.gauge("open", &[], 1);
    let facade = Facade::new(recorder.clone());
    let (counter, gauge, histogram) = metrics::with_local_recorder(&facade, || {
        let route = "/orders";
        (
            metrics::counter!("open", "route" => route),
            metrics::gauge!("open", "route" => route),
            metrics::histogram!("open", "route" => route),
        )
    });
    for repeats in [2, 1] {
        for _ in 0..repeats {
            counter.increment(5);
            counter.absolute(9);
            gauge.set(1.0);
            gauge.increment(1.0);
            gauge.decrement(1.0);
            histogram.record(1.0);
            histogram.record_many(1.0, 4);
        }

        let run = run(&recorder).await;

        let failed: Vec<String> = run.outcomes()[0].failed_items().iter().map(ToString::to_string).collect();
        let times = |dropped: usize| format!("not recorded, {} times: ", repeats * dropped);
        assert_eq!(failed.len(), 3, "{failed:?}");
        assert!(failed.iter().any(|item| item.starts_with(&times(2)) && item.contains("counter now")));
        assert!(failed.iter().any(|item| item.starts_with(&times(3)) && item.contains("route:/orders")));
        assert!(failed.iter().any(|item| item.starts_with(&times(5)) && item.contains("distribution now")));
    }
}
