//! The values that are current. Most metrics are collected in each run, and some less often. So the values come from several
//! runs: those of each metric come from the last run that collected it. If the metric had no value in that run, it has no
//! current value.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use system_health_registry::{Descriptions, Outcome, Point, Report};
use system_health_reporter::Finished;

use crate::readiness::{is_current, max_age};

/// A finished run.
#[derive(Debug)]
pub(crate) struct FinishedRun {
    pub(crate) finished: Finished,
    pub(crate) finished_at: SystemTime,
}

/// The last run of each metric.
#[derive(Debug, Clone, Default)]
pub(crate) struct CurrentValues {
    by_key: BTreeMap<String, Collected>,
}

/// The last collection of a metric.
#[derive(Debug, Clone)]
struct Collected {
    run: Arc<FinishedRun>,
    max_age: Duration,
}

impl Collected {
    fn is_current(&self, now: SystemTime) -> bool {
        is_current(self.run.finished_at, self.max_age, now)
    }
}

impl FinishedRun {
    /// The report of the run, and the report about the reporter itself, if there is one.
    fn reports(&self) -> impl Iterator<Item = &Arc<Report>> {
        [&self.finished.report].into_iter().chain(&self.finished.about_itself)
    }

    fn outcomes(&self) -> impl Iterator<Item = (&Report, &Outcome)> {
        self.reports().flat_map(|report| report.run().outcomes().iter().map(|outcome| (&**report, outcome)))
    }
}

impl CurrentValues {
    /// Replaces the values of the metrics that a run has collected. Runs start at intervals of `every`. `every_of` returns the
    /// interval of a metric that has its own.
    pub(crate) fn update(
        &mut self,
        run: &Arc<FinishedRun>,
        every: Duration,
        every_of: impl Fn(&str) -> Option<Duration>,
    ) {
        for (_, outcome) in run.outcomes() {
            let key = outcome.metric.key();
            let own = every_of(key).map_or(every, |own| own.max(every));
            let collected = Collected { run: Arc::clone(run), max_age: max_age(own, every) };
            self.by_key.insert(key.to_owned(), collected);
        }
        // What is no longer current is not needed any more. This also removes metrics that no longer exist.
        self.by_key.retain(|_, collected| collected.is_current(run.finished_at));
    }

    /// Removes all values.
    pub(crate) fn clear(&mut self) {
        self.by_key.clear();
    }

    /// The points that are current, with the descriptions of their metrics. Metrics that failed or have no data have none.
    pub(crate) fn points(&self, now: SystemTime) -> (Vec<Point>, Descriptions) {
        let descriptions = Descriptions::default();
        let mut points = Vec::new();
        for run in self.runs() {
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

    /// The runs, each once.
    fn runs(&self) -> Vec<Arc<FinishedRun>> {
        let mut runs: Vec<Arc<FinishedRun>> = Vec::new();
        for collected in self.by_key.values() {
            if !runs.iter().any(|run| Arc::ptr_eq(run, &collected.run)) {
                runs.push(Arc::clone(&collected.run));
            }
        }
        runs
    }
}
