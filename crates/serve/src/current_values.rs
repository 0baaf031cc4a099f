//! The values that are current. Most metrics are collected in each run, and some less often. So the values come from several
//! runs: those of each metric come from the last run that collected it. If the metric had no value in that run, it has no
//! current value, and its last outcome is an error or no data.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use system_health_registry::{Descriptions, Outcome, Point, Report, trace::Trace};
use system_health_reporter::FinishedRun;

use crate::readiness::{is_current, max_age};

/// A finished run.
#[derive(Debug)]
pub(crate) struct PublishedRun {
    pub(crate) finished: FinishedRun,
    pub(crate) finished_at: SystemTime,
}

/// The last run of each metric.
#[derive(Debug, Clone, Default)]
pub(crate) struct CurrentValues {
    by_key: BTreeMap<String, Collected>,
    /// The last run that judged each goal of two metrics, by the name of the goal.
    goals: BTreeMap<String, Arc<PublishedRun>>,
}

/// The last collection of a metric.
#[derive(Debug, Clone)]
struct Collected {
    run: Arc<PublishedRun>,
    max_age: Duration,
    /// Whether the metric has its own interval. Such a metric is kept even if a run does not collect it.
    is_rare: bool,
}

impl Collected {
    fn is_current(&self, now: SystemTime) -> bool {
        is_current(self.run.finished_at, self.max_age, now)
    }
}

impl PublishedRun {
    /// The report of the run, and the report about the reporter itself, if there is one.
    fn reports(&self) -> impl Iterator<Item = &Arc<Report>> {
        [&self.finished.report].into_iter().chain(&self.finished.self_metrics_report)
    }

    fn outcomes(&self) -> impl Iterator<Item = (&Report, &Outcome)> {
        self.reports().flat_map(|report| report.run().outcomes().iter().map(|outcome| (&**report, outcome)))
    }
}

impl CurrentValues {
    /// Replaces the values of the metrics that a run has collected. Runs start at intervals of `every`. `collection_interval` returns the
    /// interval of a metric that has its own.
    pub(crate) fn update(
        &mut self,
        run: &Arc<PublishedRun>,
        every: Duration,
        collection_interval: impl Fn(&str) -> Option<Duration>,
    ) {
        for (_, outcome) in run.outcomes() {
            let key = outcome.metric.key();
            let own = collection_interval(key);
            let max_age = max_age(own.map_or(every, |own| own.max(every)), every);
            let collected = Collected { run: Arc::clone(run), max_age, is_rare: own.is_some() };
            self.by_key.insert(key.to_owned(), collected);
        }
        for goal in run.finished.report.goals() {
            self.goals.insert(goal.metric.key().to_owned(), Arc::clone(run));
        }
        // What is no longer current is not needed any more. This also removes metrics that no longer exist. A rare metric stays,
        // even if its next collection is late: a failure must not disappear before the next collection.
        self.by_key.retain(|_, collected| collected.is_rare || collected.is_current(run.finished_at));
    }

    /// Removes everything.
    pub(crate) fn clear(&mut self) {
        self.by_key.clear();
        self.goals.clear();
    }

    /// The runs before `last` that contain the last outcomes of a rare metric or of a goal of two metrics.
    pub(crate) fn earlier_runs(&self, last: &Arc<PublishedRun>) -> Vec<Arc<PublishedRun>> {
        let rare = self.by_key.values().filter(|collected| collected.is_rare).map(|collected| &collected.run);
        let runs = rare.chain(self.goals.values()).filter(|run| !Arc::ptr_eq(run, last));
        each_once(runs)
    }

    /// The outcomes of a run for the rare metrics that no later run has collected.
    pub(crate) fn rare_outcomes<'r>(&self, run: &'r Arc<PublishedRun>) -> impl Iterator<Item = &'r Outcome> {
        run.finished.report.run().outcomes().iter().filter(|outcome| {
            let last = self.by_key.get(outcome.metric.key());
            last.is_some_and(|last| last.is_rare && Arc::ptr_eq(&last.run, run))
        })
    }

    /// The outcomes of a run for the goals of two metrics that no later run has judged.
    pub(crate) fn goals_of<'r>(&self, run: &'r Arc<PublishedRun>) -> impl Iterator<Item = &'r Outcome> {
        run.finished
            .report
            .goals()
            .iter()
            .filter(|goal| self.goals.get(goal.metric.key()).is_some_and(|last| Arc::ptr_eq(last, run)))
    }

    /// The traces of the runs that are still needed.
    pub(crate) fn traces(&self) -> impl Iterator<Item = &Arc<Trace>> {
        let runs = self.by_key.values().map(|collected| &collected.run).chain(self.goals.values());
        runs.filter_map(|run| run.finished.trace.as_ref())
    }

    /// The points that are current, with the descriptions of their metrics. A metric that failed or has no data has no points.
    pub(crate) fn points(&self, now: SystemTime) -> (Vec<Point>, Descriptions) {
        let descriptions = Descriptions::default();
        let mut points = Vec::new();
        for run in each_once(self.by_key.values().map(|collected| &collected.run)) {
            let current = run.outcomes().filter(|(_, outcome)| {
                self.by_key
                    .get(outcome.metric.key())
                    .is_some_and(|last| Arc::ptr_eq(&last.run, &run) && last.is_current(now))
            });
            for (report, outcome) in current {
                descriptions.add([(outcome.metric.key(), outcome.metric.description())]);
                points.extend(report.points_of(outcome));
            }
        }
        (points, descriptions)
    }
}

/// Each of these runs once.
fn each_once<'r>(all: impl Iterator<Item = &'r Arc<PublishedRun>>) -> Vec<Arc<PublishedRun>> {
    let mut runs: Vec<Arc<PublishedRun>> = Vec::new();
    for run in all {
        if !runs.iter().any(|known| Arc::ptr_eq(known, run)) {
            runs.push(Arc::clone(run));
        }
    }
    runs
}
