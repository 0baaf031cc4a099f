//! A value that is computed later for a past instant is the value that a run had then. Each test with random histories makes a
//! run at each instant, with the repository as it was then. Then it computes the values of the same instants from what the
//! repository contains at the end.

mod commits;
mod limits;
mod pull_requests;
mod runs;

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use system_health_registry::{Catalog, Engine, Instants, Outcome, Unavailable};

use crate::stage::Stage;

/// The time of the backfill, shortly after 2025-06-01T00:00:00Z.
const NOW: u64 = 1_748_736_000 + 1_234;
const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

fn at(second: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(second)
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Every 12 hours of the last 10 days.
fn instants() -> Instants {
    Instants::until(at(NOW), Duration::from_secs(10 * DAY), Duration::from_secs(12 * HOUR)).unwrap()
}

/// The values of one or several metrics at some instants: by time and key, each sample as `value tags`. A metric without data
/// has an empty list.
type Values = BTreeMap<(u64, String), Vec<String>>;

/// The linked metrics with this prefix that can be computed for the past.
fn catalog(prefix: &str) -> Catalog {
    let linked = Catalog::linked().unwrap();
    let wanted =
        linked.metrics().iter().filter(|metric| metric.key().starts_with(prefix) && metric.can_backfill());
    Catalog::new(wanted.cloned()).unwrap()
}

/// The values of a run at an instant.
async fn run(stage: Stage, prefix: &str, instant: SystemTime) -> Values {
    let run = Engine::new().run(&catalog(prefix), &stage.started_at(instant).context()).await;
    let mut values = Values::new();
    for outcome in run.outcomes() {
        add(&mut values, instant, outcome);
    }
    values
}

/// The values of a backfill at [`NOW`].
async fn backfill(stage: Stage, prefix: &str) -> Values {
    let mut values = Values::new();
    let keep = async |instant: Option<SystemTime>, outcome: Outcome| match instant {
        Some(instant) => add(&mut values, instant, &outcome),
        None => panic!("{:?}", outcome.result),
    };
    let context = stage.started_at(at(NOW)).context();
    Engine::new().backfill(&catalog(prefix), &context, &instants(), keep).await;
    values
}

/// Why a backfill has no values for some instants: each reason with its instants.
async fn reasons_without_values(stage: Stage, prefix: &str) -> BTreeMap<String, Vec<u64>> {
    let mut reasons = BTreeMap::<String, Vec<u64>>::new();
    let keep = async |instant: Option<SystemTime>, outcome: Outcome| {
        if let Err(unavailable) = &outcome.result {
            let line = format!("{}: {}: {unavailable}", outcome.metric.key(), outcome.state().name());
            reasons.entry(line).or_default().extend(instant.map(seconds));
        }
    };
    let context = stage.started_at(at(NOW)).context();
    Engine::new().backfill(&catalog(prefix), &context, &instants(), keep).await;
    reasons
}

fn add(values: &mut Values, instant: SystemTime, outcome: &Outcome) {
    if let Err(Unavailable::Error(error)) = &outcome.result {
        panic!("{} at {}: {error}", outcome.metric.key(), seconds(instant));
    }
    let mut lines: Vec<String> = Vec::new();
    for sample in outcome.samples() {
        let tags: Vec<String> = sample.tags().iter().map(ToString::to_string).collect();
        lines.push(format!("{} {}", sample.value(), tags.join(" ")));
    }
    lines.sort();
    values.insert((seconds(instant), outcome.metric.key().to_owned()), lines);
}

/// The differences, in lines.
fn differences(runs: &Values, backfill: &Values) -> Vec<String> {
    let keys = runs.keys().chain(backfill.keys());
    let mut lines: Vec<String> = keys
        .filter(|key| runs.get(*key) != backfill.get(*key))
        .map(|key| format!("{key:?}: a run had {:?}, {:?} was computed", runs.get(key), backfill.get(key)))
        .collect();
    lines.sort();
    lines.dedup();
    lines
}
