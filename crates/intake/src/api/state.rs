//! The state behind all endpoints.

use std::collections::BTreeSet;

use super::{dashboards::Dashboards, endpoint::seconds_since_1970, metadata::Metadata, monitors::Monitors};
use crate::{
    dogstatsd::Aggregates,
    notice::Notice,
    point::{DISTRIBUTION, Point},
    query::{Evaluations, Status, Transition},
    rules::{Finding, Findings, Rule},
    store::{DistributionId, Store, StoreError, WeightedValues},
    treatment::Treatment,
};

/// The store, and what the intake keeps in memory.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) store: Store,
    pub(crate) treatment: Treatment,
    pub(crate) metadata: Metadata,
    pub(crate) dashboards: Dashboards,
    pub(crate) monitors: Monitors,
    pub(crate) evaluations: Evaluations,
    pub(crate) aggregates: Aggregates,
    findings: Findings,
    notices: Vec<Notice>,
    /// The lines of `DogStatsD` since the last notice of lines: the number that was sent, and the number that was stored.
    lines: (usize, usize),
}

impl State {
    /// The state that an earlier intake left in the store.
    pub(crate) fn new(store: Store) -> Result<Self, StoreError> {
        Ok(Self {
            treatment: Treatment::LikeDatadog,
            metadata: store.load("metadata")?,
            dashboards: store.load("dashboards")?,
            monitors: store.load("monitors")?,
            evaluations: Evaluations::default(),
            aggregates: Aggregates::default(),
            findings: Findings::default(),
            notices: Vec::new(),
            lines: (0, 0),
            store,
        })
    }

    /// Seconds since 1970.
    #[expect(clippy::unused_self, reason = "all callers get the time from the state")]
    pub(crate) fn now(&self) -> i64 {
        seconds_since_1970()
    }

    pub(crate) fn findings(&self) -> &Findings {
        &self.findings
    }

    /// Counts a finding. A new finding also makes a notice.
    pub(crate) fn add_finding(&mut self, finding: &Finding) {
        if self.findings.add(finding, self.now()) {
            self.notify(Notice::Finding(finding.clone()));
        }
    }

    pub(crate) fn add_findings(&mut self, findings: Vec<Finding>) {
        for finding in findings {
            self.add_finding(&finding);
        }
    }

    /// Adds a finding for each metric whose points replaced earlier ones.
    pub(crate) fn add_replaced_findings(&mut self, metrics: &BTreeSet<String>) {
        for metric in metrics {
            let message = "a point replaced another one of the same series and second; the last value wins";
            self.add_finding(&Finding::new(Rule::Replaced, metric, message));
        }
    }

    pub(crate) fn notify(&mut self, notice: Notice) {
        self.notices.push(notice);
    }

    /// Counts lines of `DogStatsD`. There may be thousands of packets in a second, so not each packet makes a notice.
    pub(crate) fn count_lines(&mut self, sent: usize, stored: usize) {
        self.lines = (self.lines.0 + sent, self.lines.1 + stored);
    }

    /// Makes one notice of the lines since the last call.
    pub(crate) fn notify_of_lines(&mut self) {
        let (sent, stored) = std::mem::take(&mut self.lines);
        if sent > 0 {
            self.notify(Notice::delivery("dogstatsd", "line", sent, stored, 0));
        }
    }

    /// The notices since the last call.
    pub(crate) fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// Evaluates the monitors that are due at a time, in seconds since 1970.
    pub(crate) fn evaluate_due(&mut self, now: i64) -> Result<Vec<Transition>, StoreError> {
        let Self { evaluations, monitors, store, .. } = self;
        evaluations.evaluate_due(now, &monitors.all, store)
    }

    /// Evaluates all monitors at a time, in seconds since 1970.
    pub(crate) fn evaluate_all_at(&mut self, now: i64) -> Result<Vec<Transition>, StoreError> {
        let Self { evaluations, monitors, store, .. } = self;
        evaluations.evaluate_all(now, &monitors.all, store)
    }

    /// Stores points as they are.
    pub(crate) fn add_points(&mut self, points: &[Point]) -> Result<(), StoreError> {
        self.store.put_points(points)?;
        let metrics =
            points.iter().map(|Point { metric, kind, unit, .. }| (&**metric, *kind, unit.as_deref()));
        self.learn(metrics)
    }

    /// Stores distributions as they are.
    pub(crate) fn add_distributions(
        &mut self,
        distributions: &[(DistributionId, WeightedValues)],
    ) -> Result<(), StoreError> {
        self.store.put_values(distributions)?;
        self.learn(distributions.iter().map(|((metric, ..), _)| (&**metric, DISTRIBUTION, None)))
    }

    /// Stores the types and units of metrics that are new.
    fn learn<'a>(
        &mut self,
        metrics: impl Iterator<Item = (&'a str, &'a str, Option<&'a str>)>,
    ) -> Result<(), StoreError> {
        for (metric, kind, unit) in metrics {
            self.metadata.learn(metric, kind, unit);
        }
        self.save_metadata()
    }

    /// Saves the metadata if it has changed. If this fails, the next call tries again.
    pub(crate) fn save_metadata(&mut self) -> Result<(), StoreError> {
        if self.metadata.is_changed {
            self.store.save("metadata", &self.metadata)?;
            self.metadata.is_changed = false;
        }
        Ok(())
    }

    /// Evaluates all monitors now, and sets the status of each.
    pub(crate) fn evaluate_all(&mut self) -> Result<(), StoreError> {
        let transitions = self.evaluate_all_at(self.now())?;
        let Self { evaluations, monitors, .. } = self;
        for monitor in &mut monitors.all {
            let id = monitor["id"].as_u64().unwrap_or_default();
            // A monitor without groups has no data, even if an earlier evaluation found data.
            let status = evaluations.overall(id).unwrap_or(Status::NoData);
            monitor["overall_state"] = serde_json::to_value(status).unwrap_or_default();
        }
        for transition in transitions {
            let mut monitors = self.monitors.all.iter();
            let monitor = monitors.find(|monitor| monitor["id"].as_u64() == Some(transition.monitor));
            let name = monitor.and_then(|monitor| monitor["name"].as_str()).unwrap_or_default().to_owned();
            self.notify(Notice::Transition { name, transition });
        }
        Ok(())
    }
}
