//! Collectors that misbehave do not affect the delivery of other metrics.

use crate::scenario::{Scenario, World, delivery};

/// The faults: a description, the key of the metric, and a part of its error.
const FAULTS: [(&str, &str, &str); 5] = [
    ("panics", "test.panic", "the collector panicked: this collector always panics"),
    ("waits for ever", "test.hang.async", "no result within"),
    ("blocks its thread for ever", "test.hang.sync", "no result within"),
    ("returns NaN", "test.nan", "a value must be a finite number"),
    ("fails", "test.error", "this collector always fails"),
];

pub(crate) fn scenarios() -> Vec<Scenario> {
    let row = |fault: &str, delivered, status| Scenario {
        place: "collector",
        fault: fault.to_owned(),
        delivered,
        status,
    };
    let mut rows: Vec<_> = FAULTS.iter().map(|(fault, ..)| row(fault, "all but this metric", 1)).collect();
    rows.push(row("blocks all threads for ever, before another metric is collected", "nothing", 1));
    rows.push(row("returns 100,000 samples", "all", 0));
    rows
}

#[test]
fn a_collector_that_fails_does_not_affect_others() {
    for (fault, key, message) in FAULTS {
        let world = World::new();
        let run = ["--push", "--no-self-metrics", "--only", key, "--only", "test.value", "--deadline", "6s"];

        let ended = world.scene().run(&run).with_status(1);

        let error = ended.metric(key)["error"].as_str().unwrap().to_owned();
        assert!(error.contains(message), "{fault}: {error}");
        assert_eq!(world.delivered("test.value").len(), 1, "{fault}");
        assert_eq!(world.delivered(key).len(), 0, "{fault}");
    }
}

#[test]
fn a_collector_that_blocks_all_threads_does_not_delay_the_end() {
    let world = World::new();
    let run = ["--push", "--no-self-metrics", "--only", "test.hang.threads", "--deadline", "6s"];

    let ended = world.scene().run(&run).with_status(1);

    let error = ended.metric("test.hang.threads")["error"].as_str().unwrap().to_owned();
    assert!(error.contains("no result within"), "{error}");
    assert_eq!(world.intake.points(), []);
}

#[test]
fn each_of_very_many_samples_is_delivered_once() {
    let world = World::new();

    let ended = world.scene().run(&["--push", "--no-self-metrics", "--only", "test.many"]).with_status(0);

    assert_eq!(delivery(&ended)["series"], 100_000);
    let points = world.intake.points();
    assert_eq!(points.iter().filter(|point| point.metric == "test.many").count(), 100_000);
}
