//! What a run reports of recorded values.

use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, SystemTime},
};

use system_health_recorder::Recorder;
use system_health_registry::{Catalog, Context, Engine, Facts, Kind, Outcome, Run, Tag, Unavailable, Value};

async fn run(recorder: &Recorder) -> Run {
    let catalog = Catalog::from_sources([recorder.source()]).unwrap();
    Engine::new().run(&catalog, &Context::new()).await
}

/// The values by key and tags.
fn values(run: &Run) -> BTreeMap<String, Value> {
    let samples = run
        .outcomes()
        .iter()
        .flat_map(|outcome| outcome.samples().iter().map(move |sample| (outcome, sample)));
    let series = samples.map(|(outcome, sample)| {
        let tags: Vec<&str> = sample.tags().iter().map(Tag::as_str).collect();
        (format!("{} {}", outcome.metric.key(), tags.join(",")).trim_end().to_owned(), sample.value().clone())
    });
    series.collect()
}

fn failures(run: &Run) -> Vec<String> {
    let failed = run.outcomes().iter().flat_map(Outcome::failed_items);
    failed.map(ToString::to_string).collect()
}

#[tokio::test]
async fn each_kind_combines_values_in_its_own_way() {
    let recorder = Recorder::new();
    recorder.count("orders.placed", &[("shop", "eu")], 2);
    recorder.count("orders.placed", &[("shop", "eu")], 3);
    recorder.gauge("orders.waiting", &[], 7);
    recorder.gauge("orders.waiting", &[], 4);
    recorder.record("orders.seconds", &[], Duration::from_millis(500));
    recorder.record("orders.seconds", &[], 1.5);

    let run = run(&recorder).await;

    let values = values(&run);
    assert_eq!(values["orders.placed shop:eu"], 5.0);
    assert_eq!(values["orders.waiting"], 4.0);
    let seconds = values["orders.seconds"].distribution().unwrap();
    assert_eq!((seconds.count(), seconds.sum()), (2, 2.0));
    let kinds: Vec<Kind> = run.outcomes().iter().map(|outcome| outcome.metric.kind()).collect();
    assert_eq!(kinds, [Kind::Counter, Kind::Distribution, Kind::Gauge]);
}

#[tokio::test]
async fn the_next_run_keeps_totals_and_gauges_but_only_new_distribution_values() {
    let recorder = Recorder::new();
    recorder.count("orders.placed", &[], 2);
    recorder.gauge("orders.waiting", &[], 7);
    recorder.record("orders.seconds", &[], 1.0);
    let before = SystemTime::now();
    run(&recorder).await;
    recorder.count("orders.placed", &[], 1);

    let second = run(&recorder).await;

    let second_values = values(&second);
    assert_eq!(
        (&second_values["orders.placed"], &second_values["orders.waiting"]),
        (&3.0.into(), &7.0.into())
    );
    let seconds = second.outcomes().iter().find(|outcome| outcome.metric.key() == "orders.seconds").unwrap();
    assert!(
        matches!(&seconds.result, Err(Unavailable::NoData(reason)) if reason.reason().contains("nothing was recorded"))
    );
    let placed = second.outcomes().iter().find(|outcome| outcome.metric.key() == "orders.placed").unwrap();
    assert!(placed.samples()[0].start().unwrap() <= before, "a counter starts with its first value");
}

#[tokio::test]
async fn a_total_stays_at_its_maximum() {
    let recorder = Recorder::new();
    recorder.count("orders.placed", &[], u64::MAX);
    recorder.count("orders.placed", &[], 2);

    let run = run(&recorder).await;

    assert_eq!(values(&run)["orders.placed"], 2_f64.powi(64));
}

/// The reason with which a series beyond the maximum is refused.
fn full(max: usize, tags: &str) -> String {
    format!(
        "the {max} series of the recorder are used up, so that there is none for [{tags}]; use tags with fewer values, or \
         raise the maximum with `Recorder::with_max_series`"
    )
}

#[tokio::test]
async fn a_series_beyond_the_maximum_is_refused_counted_and_named() {
    let recorder = Recorder::with_max_series(2);
    for customer in ["a", "b", "c", "c", "d"] {
        recorder.count("orders.placed", &[("customer", customer)], 1);
    }

    let run = run(&recorder).await;

    assert_eq!(values(&run).len(), 2);
    assert_eq!(
        failures(&run),
        [
            format!("not recorded, 2 times: {}", full(2, "customer:c")),
            format!("not recorded, once: {}", full(2, "customer:d")),
        ]
    );
}

#[tokio::test]
async fn each_run_says_how_often_the_handles_of_refused_series_dropped_values() {
    let recorder = Recorder::with_max_series(1);
    recorder.count("orders.placed", &[], 1);
    let counter = recorder.counter_handle("orders.placed", &[("shop", "eu")]);
    let gauge = recorder.gauge_handle("orders.waiting", &[]);
    let distribution = recorder.distribution_handle("orders.seconds", &[]);
    let unused = failures(&run(&recorder).await);
    counter.add(7);
    counter.clone().add(1);
    gauge.set(1);
    distribution.record_many(0.5, 3);
    let first = failures(&run(&recorder).await);
    let quiet = failures(&run(&recorder).await);
    counter.add(1);
    let last = failures(&run(&recorder).await);

    assert_eq!((unused, quiet), (vec![], vec![]), "nothing was dropped");
    assert_eq!(
        first,
        [
            format!("not recorded, 2 times: {}", full(1, "shop:eu")),
            format!("not recorded, 3 times: `orders.seconds`: {}", full(1, "")),
            format!("not recorded, once: `orders.waiting`: {}", full(1, "")),
        ]
    );
    assert_eq!(last, [format!("not recorded, once: {}", full(1, "shop:eu"))]);
}

#[tokio::test]
async fn a_handle_of_a_metric_without_room_names_its_metric_in_each_run() {
    let recorder = Recorder::with_max_series(1);
    recorder.count("orders.placed", &[], 1);
    let distribution = recorder.distribution_handle("orders.seconds", &[]);
    for dropped in ["3 times", "once"] {
        distribution.record_many(0.5, if dropped == "once" { 1 } else { 3 });

        let run = run(&recorder).await;

        let refused = run.outcomes()[1].result.as_ref().unwrap_err().to_string();
        let expected = format!("not recorded, {dropped}: `orders.seconds`: the 1 series");
        assert!(refused.contains(&expected), "{refused}");
    }
}

#[tokio::test]
async fn memory_does_not_grow_with_the_handles_of_refused_series() {
    let recorder = Recorder::with_max_series(1);
    recorder.count("orders.placed", &[], 1);
    let handles: Vec<_> = (0..1_000)
        .map(|number| recorder.counter_handle("orders.placed", &[("customer", &number.to_string())]))
        .collect();
    for _ in 0..2 {
        for handle in &handles {
            handle.add(1);
        }

        let failures = failures(&run(&recorder).await);

        assert_eq!(failures.len(), 11);
        assert_eq!(failures[10], "not recorded, 990 times: for other reasons");
    }
    drop(handles);
    run(&recorder).await;
    recorder.count("orders.placed", &[("customer", "new")], 1);

    let failures = failures(&run(&recorder).await);

    assert!(failures[0].contains("[customer:new]"), "there is room for new reasons again");
}

#[tokio::test]
async fn memory_does_not_grow_with_refused_series() {
    let recorder = Recorder::with_max_series(1);
    for number in 0..1_000 {
        recorder.count("orders.placed", &[("customer", &number.to_string())], 1);
    }

    let failures = failures(&run(&recorder).await);

    assert_eq!(failures.len(), 11);
    assert_eq!(failures[10], "not recorded, 989 times: for other reasons");
}

#[tokio::test]
async fn memory_does_not_grow_with_refused_metrics() {
    let recorder = Recorder::with_max_series(1);
    recorder.count("orders.placed", &[], 1);
    for number in 0..1_000 {
        let key = format!("orders.{number}");
        recorder.describe(Facts::new(&key, "A library puts an id into the key."));
        recorder.count(&key, &[], 1);
        recorder.record(&key, &[("", "a tag without a name")], 1.0);
    }

    let first = run(&recorder).await;
    let second = run(&recorder).await;

    assert_eq!(format!("{recorder:?}"), "Recorder { metrics: 1, series: 1, max_series: 1, .. }");
    let keys = |run: &Run| -> Vec<String> {
        run.outcomes().iter().map(|outcome| outcome.metric.key().to_owned()).collect()
    };
    assert_eq!(
        (keys(&first), keys(&second)),
        (vec!["orders.placed".to_owned(), "recorder.refused".to_owned()], vec!["orders.placed".to_owned()])
    );
    assert_eq!(values(&first)["orders.placed"], 1.0);
    let refused = first.outcomes()[1].result.as_ref().unwrap_err().to_string();
    let expected =
        "11 items failed, and no other item has a value; the first failure: not recorded, once: `orders.0`: ";
    assert!(refused.starts_with(expected), "{refused}");
}

#[tokio::test]
async fn a_metric_whose_description_has_no_room_is_recorded() {
    let recorder = Recorder::with_max_series(1);
    recorder.describe(Facts::new("orders.placed", "Orders that were placed."));
    recorder.describe(Facts::new("orders.paid", "Orders that were paid."));
    recorder.count("orders.paid", &[], 1);
    recorder.count("orders.placed", &[], 1);

    let run = run(&recorder).await;

    assert_eq!(values(&run)["orders.paid"], 1.0);
    let placed = run.outcomes().iter().find(|outcome| outcome.metric.key() == "orders.placed").unwrap();
    assert_eq!(placed.metric.description(), "Orders that were placed.");
    assert!(
        matches!(placed.result, Err(Unavailable::Error(_))),
        "the only series is that of the other metric"
    );
}

#[tokio::test]
async fn values_that_are_not_finite_and_a_second_kind_are_failed_items() {
    let recorder = Recorder::new();
    recorder.record("orders.seconds", &[], f64::NAN);
    recorder.record("orders.seconds", &[], 1.0);
    recorder.gauge("orders.seconds", &[], 1.0);
    recorder.gauge("orders.waiting", &[], 7.0);
    recorder.gauge("orders.waiting", &[], f64::INFINITY);
    recorder.gauge("orders.unknown", &[], f64::NAN);

    let run = run(&recorder).await;

    assert_eq!(values(&run)["orders.seconds"].distribution().unwrap().count(), 1);
    assert_eq!(values(&run)["orders.waiting"], 7.0, "the last finite value");
    let unknown = run.outcomes().iter().find(|outcome| outcome.metric.key() == "orders.unknown").unwrap();
    assert!(matches!(unknown.result, Err(Unavailable::Error(_))));
    assert_eq!(
        failures(&run),
        [
            "not recorded, once: a value must be a finite number",
            "not recorded, once: its values were recorded as a distribution before, and as a gauge now",
            "not recorded, once: a value must be a finite number",
            "not recorded, once: a value must be a finite number",
        ]
    );
}

#[tokio::test]
async fn a_description_may_come_after_the_first_value() {
    let recorder = Recorder::new();
    recorder.count("orders.placed", &[], 1);
    recorder.describe(Facts::new("orders.placed", "Orders that were placed.").with_unit("order"));
    recorder.describe(Facts::new("orders.never", "Never recorded."));

    let run = run(&recorder).await;

    assert_eq!(run.outcomes().len(), 1);
    let metric = &run.outcomes()[0].metric;
    assert_eq!((metric.description(), metric.unit()), ("Orders that were placed.", Some("order")));
}

#[tokio::test]
async fn values_that_threads_record_during_runs_are_not_lost() {
    const THREADS: u64 = 4;
    const VALUES_PER_THREAD: u64 = 5_000;
    let recorder = Recorder::new();
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let recorder = recorder.clone();
            thread::spawn(move || {
                let seconds = recorder.distribution_handle("orders.seconds", &[]);
                for _ in 0..VALUES_PER_THREAD {
                    recorder.count("orders.placed", &[], 1);
                    seconds.record(1.0);
                }
            })
        })
        .collect();
    let mut taken = 0;
    let mut is_last = false;
    loop {
        let run_values = values(&run(&recorder).await);
        taken += run_values.get("orders.seconds").map_or(0, |value| value.distribution().unwrap().count());
        if is_last {
            assert_eq!(run_values["orders.placed"], 20_000.0);
            break;
        }
        is_last = threads.iter().all(thread::JoinHandle::is_finished);
    }
    assert_eq!(taken, THREADS * VALUES_PER_THREAD);
}
