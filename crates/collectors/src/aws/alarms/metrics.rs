//! The metric about alarms.

use std::collections::BTreeMap;

use system_health_registry::{Events, Reading, Sample, StartedAt, Unavailable, system_health_metric};

use super::{alarm::Alarm, event::firing_event, regional_alarms::CloudWatchAlarms};
use crate::{
    aws::{inventory::Entry, page::console_page},
    web_page::with_page_link,
};

/// The states of an alarm. Each of them has a sample, even if no alarm has this state.
const STATES: [&str; 3] = ["OK", Alarm::FIRING, "INSUFFICIENT_DATA"];

/// Alarms of AWS CloudWatch, by state. Each alarm that starts to fire has an event.
#[system_health_metric(
    key = "aws.alarms",
    unit = "alarm",
    aggregate = "sum",
    by = ["state"],
    timeout = "10m",
    enabled = false,
    only_now = "CloudWatch lists only the present states"
)]
pub fn alarms(
    alarms: CloudWatchAlarms,
    events: Events,
    StartedAt(now): StartedAt,
) -> Result<Reading, Unavailable> {
    let samples = |entry: &Entry<Vec<Alarm>>, alarms: &Vec<Alarm>| {
        for alarm in alarms {
            if let Some(event) = firing_event(alarm, &entry.region, now)? {
                events.attach(event);
            }
        }
        let page = console_page(&entry.region, ["cloudwatch", "home"]);
        let mut by_state: BTreeMap<&str, Vec<&Alarm>> = STATES.map(|state| (state, Vec::new())).into();
        for alarm in alarms {
            by_state.entry(&alarm.state).or_default().push(alarm);
        }
        let sample = |(state, alarms): (&str, Vec<&Alarm>)| {
            let evidence = alarms.iter().map(|alarm| alarm.evidence(&entry.region));
            let sample = Sample::new(alarms.len())?.with_tag("state", &state.to_lowercase())?;
            Ok(with_page_link(sample.with_evidence(evidence), page.as_deref()))
        };
        by_state.into_iter().map(sample).collect()
    };
    alarms.inventory().reading(samples, "there are no regions")
}
