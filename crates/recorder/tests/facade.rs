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

    let shown: Vec<String> = run
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
        shown,
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
async fn the_total_of_another_counter_has_no_start() {
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
