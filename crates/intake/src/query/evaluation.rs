//! Evaluates metric monitors over the points that have arrived, as Datadog documents it.
//!
//! A query is evaluated over its window for each group that has been seen. The values of a series in a bucket of time are averaged,
//! or added up if the query has `as_count()`.
//!
//! A group without data behaves as `on_missing_data` says and is forgotten after a day. With the older option `notify_no_data`, its
//! status becomes No Data after `no_data_timeframe`, and it is forgotten a day later. A group that was never seen is not evaluated
//! at all. See <https://docs.datadoghq.com/monitors/configuration/>,
//! <https://docs.datadoghq.com/monitors/guide/on_missing_data/> and
//! <https://docs.datadoghq.com/dashboards/functions/rollup/>.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    condition::{Condition, DAY},
    status::{Status, Transition},
};
use crate::store::{Store, StoreError, StoredSeries};

/// The type of metric monitors.
pub(crate) const METRIC_MONITOR: &str = "query alert";
/// How long a group without data is remembered, in seconds. [`Condition::no_data_delay`] is added.
const RETENTION: i64 = DAY;

/// The groups of all monitors, by the id of the monitor and the tags of the group.
#[derive(Debug, Default)]
pub(crate) struct Evaluations(BTreeMap<(u64, Vec<String>), Group>);

#[derive(Debug)]
struct Group {
    status: Status,
    /// The first evaluation without data, in seconds since 1970. `None` if there is data.
    empty_since: Option<i64>,
    /// Whether somebody was notified of the status and waits for a recovery.
    is_notified: bool,
}

impl Evaluations {
    /// Evaluates the monitors that are due at a time.
    pub(crate) fn evaluate_due(
        &mut self,
        now: i64,
        monitors: &[Value],
        store: &Store,
    ) -> Result<Vec<Transition>, StoreError> {
        self.evaluate_if(now, monitors, store, |condition| now % condition.evaluation_interval() == 0)
    }

    /// Evaluates all monitors, whether or not they are due.
    pub(crate) fn evaluate_all(
        &mut self,
        now: i64,
        monitors: &[Value],
        store: &Store,
    ) -> Result<Vec<Transition>, StoreError> {
        self.evaluate_if(now, monitors, store, |_| true)
    }

    /// The groups of a monitor with their status.
    pub(crate) fn groups(&self, monitor: u64) -> Vec<(Vec<String>, Status)> {
        let groups = self.0.iter().filter(|((owner, _), _)| *owner == monitor);
        groups.map(|((_, tags), group)| (tags.clone(), group.status)).collect()
    }

    /// The worst status of a monitor's groups. `None` if the monitor has no groups.
    pub(crate) fn overall(&self, monitor: u64) -> Option<Status> {
        self.groups(monitor).into_iter().map(|(_, status)| status).max()
    }

    /// Evaluates the monitors whose condition is due. Leaves out monitors that are not metric monitors, and those with a query
    /// that the intake cannot read.
    fn evaluate_if(
        &mut self,
        now: i64,
        monitors: &[Value],
        store: &Store,
        is_due: impl Fn(&Condition<'_>) -> bool,
    ) -> Result<Vec<Transition>, StoreError> {
        let mut transitions = Vec::new();
        let metric_monitors = monitors.iter().filter(|monitor| monitor["type"] == METRIC_MONITOR);
        let readable: Vec<(&Value, Condition<'_>)> = metric_monitors
            .filter_map(|monitor| Some((monitor, Condition::parse(monitor["query"].as_str()?)?)))
            .collect();
        let ids: BTreeSet<u64> = readable.iter().filter_map(|(monitor, _)| monitor["id"].as_u64()).collect();
        // A monitor may have been deleted, or edited in such a way that it is no longer evaluated.
        self.0.retain(|(owner, _), _| ids.contains(owner));
        for (monitor, condition) in readable.iter().filter(|(_, condition)| is_due(condition)) {
            self.evaluate(now, monitor, condition, store, &mut transitions)?;
        }
        Ok(transitions)
    }

    fn evaluate(
        &mut self,
        now: i64,
        monitor: &Value,
        condition: &Condition<'_>,
        store: &Store,
        transitions: &mut Vec<Transition>,
    ) -> Result<(), StoreError> {
        let id = monitor["id"].as_u64().unwrap_or_default();
        let time = now - condition.window + 1..=now;
        let series = store.series_of(&condition.expression.metrics(), &time)?;
        let points = series.iter().flat_map(StoredSeries::points);
        let found = condition.expression.groups_in_monitor(&points, &time, condition.bucket_length());
        // If the monitor was edited, it may still have groups by other tags.
        let group_by = condition.expression.group_by();
        self.0.retain(|(owner, tags), _| {
            *owner != id || tags.iter().map(|tag| tag_name(tag)).eq(group_by.iter().copied())
        });
        let known = self.0.keys().filter(|(owner, _)| *owner == id).map(|(_, group)| group.clone());
        let groups: BTreeSet<Vec<String>> = known.chain(found.keys().cloned()).collect();
        for tags in groups {
            let key = (id, tags.clone());
            let group = self.0.entry(key.clone()).or_insert(Group {
                status: Status::Ok,
                empty_since: None,
                is_notified: false,
            });
            let options = &monitor["options"];
            let data = found.get(&tags);
            group.empty_since = if data.is_some() { None } else { group.empty_since.or(Some(now)) };
            let empty_for = group.empty_since.map_or(0, |since| now - since);
            if empty_for >= RETENTION.saturating_add(condition.no_data_delay(options)) {
                self.0.remove(&key);
                continue;
            }
            let from = group.status;
            let to = condition.status(from, data.ok_or(empty_for), options);
            if from == to {
                continue;
            }
            let notifies = match to {
                Status::Alert => true,
                Status::NoData => {
                    options["on_missing_data"] == "show_and_notify_no_data"
                        || options["notify_no_data"] == true
                }
                Status::Ok => group.is_notified,
            };
            group.status = to;
            group.is_notified = notifies && to != Status::Ok;
            transitions.push(Transition { at: now, monitor: id, group: tags, from, to, notifies });
        }
        Ok(())
    }
}

/// The name of a tag such as `env:prod`.
fn tag_name(tag: &str) -> &str {
    tag.split_once(':').map_or(tag, |(name, _)| name)
}
