//! Hundreds of runs in one process, while backends fail by a schedule. Afterwards, a backend that
//! overwrites has the values of the history, and one that adds up has each count exactly once.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    env, fs,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures::FutureExt;
use system_health_registry::{Catalog, Facts, IntoReading, Kind, Metric, Unavailable};
use system_health_reporter::{FinishedRun, Slots};
use system_health_state::{PastResult, Store};

use super::{
    backend::{Backend, Behaviour, KeyAndTime, seconds},
    stage::{Stage, builder, configuration, metric},
};

/// The number of runs, if the variable `SOAK_RUNS` does not set another one.
const RUNS: usize = 400;

/// The time between two runs, in seconds.
const EVERY: u64 = 10;

/// How much the memory may grow after the warm-up, in KiB. Caches and the allocator still take up to 3 MiB in a short test.
const MAX_GROWTH: u64 = 4 * 1024;

/// How much more the memory may grow with each run, in KiB. The backends of the test keep what they receive.
const MAX_GROWTH_PER_RUN: u64 = 2;

/// The faults of a backend whose points overwrite each other. They repeat after 100 runs, and the last 100 runs have none.
fn overwriting_behaviour(run: usize, total: usize) -> Behaviour {
    match run % 100 {
        _ if run + 100 > total => Behaviour::Accept,
        10..20 => Behaviour::Leave,
        30..33 => Behaviour::Down,
        40..45 => Behaviour::LoseAnswer,
        60..64 => Behaviour::AcceptHalf,
        _ => Behaviour::Accept,
    }
}

/// The faults of a backend that adds up. After a lost answer, nobody could know what the backend has, so this
/// backend loses no answers.
fn adding_up_behaviour(run: usize, total: usize) -> Behaviour {
    match run % 70 {
        _ if run + 100 > total => Behaviour::Accept,
        5..15 => Behaviour::Leave,
        30..32 => Behaviour::Down,
        50..58 => Behaviour::AcceptHalf,
        _ => Behaviour::Accept,
    }
}

fn metrics() -> Vec<Metric> {
    let interval = Duration::from_secs(EVERY);
    let collections = Arc::new(AtomicU64::new(0));
    let number = metric(Facts::new("soak.number", "The number of the collection."), move || {
        let number = collections.fetch_add(1, Ordering::Relaxed);
        async move { number.into_reading() }.boxed()
    });
    let attempts = Arc::new(AtomicU64::new(0));
    let unreliable = metric(Facts::new("soak.unreliable", "A metric that fails sometimes."), move || {
        let attempt = attempts.fetch_add(1, Ordering::Relaxed);
        async move {
            match attempt % 7 {
                0 => Err(Unavailable::from("the service is down")),
                1 => Err(Unavailable::no_data("there was nothing")),
                _ => attempt.into_reading(),
            }
        }
        .boxed()
    });
    let count = Facts::new("soak.count", "Something that is counted.").with_kind(Kind::Count { interval });
    let count = metric(count, || async { 1.0.into_reading() }.boxed());
    let rare = Facts::new("soak.rare", "A rare metric.").with_every(Duration::from_mins(5));
    let rare = metric(rare, || async { 1.0.into_reading() }.boxed());
    vec![number, unreliable, count, rare]
}

fn memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// The values of the test's metrics in the history.
fn history(folder: &std::path::Path) -> BTreeMap<KeyAndTime, f64> {
    let entries = Store::open_existing(folder).unwrap().history(None, UNIX_EPOCH).unwrap();
    let values = entries.iter().filter_map(|entry| match &entry.result {
        PastResult::Value { samples, .. } => {
            Some(((entry.key.clone(), seconds(entry.time)), samples[0].value.number().unwrap()))
        }
        PastResult::NoData(_) | PastResult::Error(_) => None,
    });
    values.filter(|((key, _), _)| key.starts_with("soak.")).collect()
}

fn count(history: &BTreeMap<KeyAndTime, f64>, key: &str) -> usize {
    history.keys().filter(|(known, _)| known == key).count()
}

fn is_soak(key: &str) -> bool {
    key.starts_with("soak.")
}

#[tokio::test(start_paused = true)]
#[ignore = "needs Linux and takes half a minute; SOAK_RUNS=10000 takes a quarter of an hour"]
async fn many_runs_lose_no_point_count_none_twice_and_leak_nothing() {
    let total = env::var("SOAK_RUNS").map_or(RUNS, |runs| runs.parse().expect("SOAK_RUNS is a number"));
    // Memory and descriptors are first measured when the caches are full.
    let warm_up = total / 5;
    let folder = tempfile::tempdir().unwrap();
    let (overwriting, adding_up) = (Backend::new("overwriting"), Backend::new("adding").adding_up());
    let slots = Slots::new(Duration::from_secs(EVERY));
    // Points must not be in the future when the runs are over.
    let whole_time = Duration::from_secs(EVERY) * u32::try_from(total + 100).unwrap();
    let start = slots.start_of(SystemTime::now() - whole_time);
    let stage = Stage::new(start);
    let metrics = metrics();
    let catalog = Catalog::new(metrics.clone()).unwrap();
    let builder =
        builder(metrics, &[&overwriting, &adding_up]).state_dir(folder.path()).to(["overwriting", "adding"]);
    let (after_warm_up, at_end) = (Cell::new(None), RefCell::new(None));
    let after = |runs, _: &FinishedRun| {
        overwriting.set(overwriting_behaviour(runs, total));
        adding_up.set(adding_up_behaviour(runs, total));
        if runs == warm_up {
            after_warm_up.set(Some((memory(), descriptors())));
        }
        if runs == total {
            at_end.replace(Some((memory(), descriptors())));
            stage.stop();
        }
    };

    let latest =
        stage.run_without_keeping_runs(configuration(builder, EVERY, catalog), async || None, after).await;

    let history = history(folder.path());
    assert_eq!(count(&history, "soak.number"), total);
    assert_eq!(count(&history, "soak.unreliable"), total - total.div_ceil(7) - (total - 1).div_ceil(7));
    let last_slot = start + Duration::from_secs(EVERY) * u32::try_from(total - 1).unwrap();
    let rare = Slots::new(Duration::from_mins(5)).starts_between(start, last_slot);
    assert_eq!(count(&history, "soak.rare") as u64, 1 + rare);
    let received = overwriting.received();
    let last: BTreeMap<KeyAndTime, f64> = received
        .into_iter()
        .filter(|((key, _), _)| is_soak(key))
        .map(|(key_and_time, values)| (key_and_time, *values.last().unwrap()))
        .collect();
    assert_eq!(last, history, "a backend that overwrites has the values of the history");
    for (key_and_time, values) in adding_up.received().into_iter().filter(|((key, _), _)| is_soak(key)) {
        let expected = history[&key_and_time];
        if key_and_time.0 == "soak.count" {
            assert_eq!(values, [expected], "{key_and_time:?} is counted exactly once");
        } else {
            assert!(
                values.iter().all(|value| value.total_cmp(&expected).is_eq()),
                "{key_and_time:?}: {values:?}"
            );
        }
    }
    assert_eq!(adding_up.count("soak.count"), total);
    let (points, ..) = latest.points(stage.clock.now());
    let number = points.iter().find(|point| point.key == "soak.number").unwrap();
    #[expect(clippy::cast_precision_loss, reason = "the number is small")]
    let expected = (total - 1) as f64;
    assert_eq!(number.value.number(), Some(expected));

    let (memory_before, descriptors_before) = after_warm_up.get().unwrap();
    let (memory_after, descriptors_after) = at_end.take().unwrap();
    println!(
        "memory: {memory_before} KiB after {warm_up} runs, {memory_after} KiB after {total}; \
         descriptors: {descriptors_before}, {descriptors_after}"
    );
    let max_growth = MAX_GROWTH + MAX_GROWTH_PER_RUN * (total - warm_up) as u64;
    assert!(memory_after <= memory_before + max_growth, "{memory_before} KiB, then {memory_after} KiB");
    assert_eq!(descriptors_after, descriptors_before);
}
