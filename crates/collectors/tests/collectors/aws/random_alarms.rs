//! Random alarms in two runs. The lines and the events must match those that are computed directly from the list of alarms.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, SystemTime},
};

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};
use system_health_registry::Event;
use tokio::runtime::Builder;

use super::{
    alarms::{alarm, read, with_field},
    fake::FakeAws,
    run::{context_with, now},
};

const REGIONS: [&str; 2] = ["eu-west-1", "us-east-1"];
const KINDS: [&str; 3] = ["CompositeAlarms", "LogAlarms", "MetricAlarms"];
const STATES: [&str; 3] = ["OK", "ALARM", "INSUFFICIENT_DATA"];
/// Alarms with this prefix count only if the settings select them.
const TARGET_TRACKING: &str = "TargetTracking-";
/// The maximum age of an event, in seconds. An alarm that has fired for longer has no event.
const MAX_EVENT_AGE: u64 = 24 * 3600;

#[derive(Debug, Clone)]
struct PastAlarm {
    region: &'static str,
    kind: &'static str,
    prefix: &'static str,
    state: &'static str,
    is_enabled: bool,
    is_suppressed: bool,
    /// How long ago its state changed, in seconds.
    changed: u64,
    /// Whether its state changed and changed back between the two runs.
    changes_again: bool,
}

prop_compose! {
    fn past_alarm()(
        region in select(&REGIONS[..]),
        kind in select(&KINDS[..]),
        prefix in prop_oneof![4 => Just("shop-"), 1 => Just(TARGET_TRACKING)],
        state in select(&STATES[..]),
        is_enabled in prop::bool::weighted(0.8),
        is_suppressed in prop::bool::weighted(0.2),
        changed in prop_oneof![3 => 1..2 * MAX_EVENT_AGE, 1 => MAX_EVENT_AGE..MAX_EVENT_AGE + 2],
        changes_again: bool,
    ) -> PastAlarm {
        // Only a composite alarm can be suppressed by another alarm.
        let is_suppressed = is_suppressed && kind == "CompositeAlarms";
        PastAlarm { region, kind, prefix, state, is_enabled, is_suppressed, changed, changes_again }
    }
}

impl PastAlarm {
    fn name(&self, number: usize) -> String {
        format!("{}{number}", self.prefix)
    }

    /// When its state changed, as a run sees it.
    fn changed_at(&self, run: usize) -> SystemTime {
        let age = if run == 1 && self.changes_again { self.changed / 2 } else { self.changed };
        now() - Duration::from_secs(age)
    }

    fn to_json(&self, number: usize, run: usize) -> Value {
        let alarm = alarm(&self.name(number), self.state, self.changed_at(run));
        let alarm = with_field(alarm, "ActionsEnabled", json!(self.is_enabled));
        if self.is_suppressed { with_field(alarm, "ActionsSuppressedBy", json!("Alarm")) } else { alarm }
    }
}

/// The lines of the regions that can be read.
fn expected_lines(alarms: &[PastAlarm], selects_all: bool, denied: &[&str]) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for region in REGIONS.into_iter().filter(|region| !denied.contains(region)) {
        for state in STATES {
            let counts = |alarm: &&PastAlarm| {
                let is_selected = selects_all || alarm.prefix != TARGET_TRACKING;
                alarm.region == region && alarm.state == state && is_selected
            };
            let count = alarms.iter().filter(counts).count();
            lines.insert(format!("{count} [region:{region}, state:{}]", state.to_lowercase()));
        }
    }
    lines
}

/// The title of each event of a run, and when the alarm started to fire.
fn expected_events(
    alarms: &[PastAlarm],
    run: usize,
    selects_all: bool,
    denied: &[&str],
) -> BTreeMap<String, SystemTime> {
    let mut events = BTreeMap::new();
    for (number, alarm) in alarms.iter().enumerate() {
        let is_read = !denied.contains(&alarm.region) && (selects_all || alarm.prefix != TARGET_TRACKING);
        let is_muted = !alarm.is_enabled || alarm.is_suppressed;
        let changed_at = alarm.changed_at(run);
        let is_new = now() - Duration::from_secs(MAX_EVENT_AGE) <= changed_at;
        if is_read && alarm.state == "ALARM" && !is_muted && is_new {
            events.insert(format!("Alarm {} fires in {}", alarm.name(number), alarm.region), changed_at);
        }
    }
    events
}

fn by_title<T>(events: &[Event], value_of: impl Fn(&Event) -> T) -> BTreeMap<String, T> {
    events.iter().map(|event| (event.title().to_owned(), value_of(event))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lines_and_events_match_the_alarms(
        alarms in vec(past_alarm(), 0..16),
        selects_all: bool,
        is_denied in prop::array::uniform2(prop::bool::weighted(0.2)),
    ) {
        let aws = FakeAws::start();
        let denied: Vec<&str> = REGIONS.into_iter().zip(is_denied).filter(|(_, is_denied)| *is_denied).map(|(name, _)| name).collect();
        for region in &denied {
            aws.refuse(region, "DescribeAlarms", 400, "AccessDenied", "no");
        }
        let selected = if selects_all { "\nalarms = ['*']" } else { "" };
        let settings = format!("regions = ['eu-west-1', 'us-east-1']{selected}");
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let mut ids = Vec::new();
        for run in 0..2 {
            for (region, kind) in REGIONS.into_iter().flat_map(|region| KINDS.map(|kind| (region, kind))) {
                let of_kind = alarms.iter().enumerate().filter(|(_, alarm)| (alarm.region, alarm.kind) == (region, kind));
                let of_kind: Vec<Value> = of_kind.map(|(number, alarm)| alarm.to_json(number, run)).collect();
                aws.alarms(region, kind, &of_kind);
            }
            let (lines, events) = runtime.block_on(read(&context_with(&aws.url(), &settings)));
            if denied.len() == REGIONS.len() {
                prop_assert!(lines.len() == 1 && lines[0].starts_with("no data: "), "{:?}", lines);
            } else {
                let distinct: BTreeSet<String> = lines.iter().cloned().collect();
                prop_assert_eq!(distinct.len(), lines.len());
                prop_assert_eq!(distinct, expected_lines(&alarms, selects_all, &denied));
            }
            let times = by_title(&events, |event| event.happened_at().unwrap());
            prop_assert_eq!(events.len(), times.len());
            prop_assert_eq!(times, expected_events(&alarms, run, selects_all, &denied));
            ids.push(by_title(&events, |event| event.id().to_owned()));
        }
        // An alarm that still fires has the same event, which is sent once. An alarm that fires again has another event.
        for (number, alarm) in alarms.iter().enumerate() {
            let title = format!("Alarm {} fires in {}", alarm.name(number), alarm.region);
            if let (Some(first), Some(second)) = (ids[0].get(&title), ids[1].get(&title)) {
                prop_assert_eq!(first == second, !alarm.changes_again, "{}", title);
            }
        }
    }
}
