//! What a run of a service collects: the metrics that are due in its slot.

use std::{borrow::Cow, collections::HashMap, sync::Arc, time::Duration, time::SystemTime};

use system_health_registry::{Catalog, MetricSettings};

use crate::{GoalsOfTwoMetrics, Reporter, Slots};

/// A run of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceRun {
    /// The start of the slot of this run.
    pub slot: SystemTime,
    /// The start of the slot of the previous run. Without one, all metrics are due.
    pub previous: Option<SystemTime>,
    /// The number of slots since the previous run that were skipped, because a run was still in progress.
    pub skipped: u64,
}

/// The intervals of metrics that are not collected in each run of a service. The metrics of a source are collected in each run:
/// the source returns all of them at once, and may not return a value a second time.
#[derive(Debug, Clone)]
pub(crate) struct Intervals(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: MetricSettings,
    /// The metrics that are collected by a function, with their option `every`.
    functions: HashMap<String, Option<Duration>>,
}

/// What a run collects and judges.
#[derive(Debug)]
pub(crate) struct RunPlan<'a> {
    pub(crate) catalog: Cow<'a, Catalog>,
    pub(crate) goals: Cow<'a, GoalsOfTwoMetrics>,
    /// The number of slots that were skipped before the run. `None` if the run is not part of a service.
    pub(crate) skipped_slots: Option<u64>,
}

impl Intervals {
    pub(crate) fn new(settings: MetricSettings, catalog: &Catalog) -> Self {
        let functions = catalog.metrics().iter().filter(|metric| metric.source().is_none());
        let functions = functions.map(|metric| (metric.key().to_owned(), metric.every()));
        Self(Arc::new(Inner { settings, functions: functions.collect() }))
    }

    pub(crate) fn interval(&self, key: &str) -> Option<Duration> {
        let option = self.0.functions.get(key)?;
        self.0.settings.collection_interval(key).or(*option)
    }

    fn is_due(&self, key: &str, run: &ServiceRun) -> bool {
        self.interval(key).is_none_or(|every| Slots::new(every).is_due(run.previous, run.slot))
    }
}

impl<'a> RunPlan<'a> {
    /// Everything, for a run that is not part of a service.
    pub(crate) fn everything(reporter: &'a Reporter) -> Self {
        let (catalog, goals) = (Cow::Borrowed(&reporter.catalog), Cow::Borrowed(&reporter.goals));
        Self { catalog, goals, skipped_slots: None }
    }

    /// The metrics that are due in the run of a service. A goal of two metrics is judged if both metrics are due.
    pub(crate) fn due(reporter: &Reporter, run: ServiceRun) -> RunPlan<'static> {
        let intervals = reporter.intervals.clone();
        let goals = reporter.goals.clone().filter(|key| intervals.is_due(key, &run));
        let catalog = reporter.catalog.clone().filter(move |key| intervals.is_due(key, &run));
        RunPlan { catalog: Cow::Owned(catalog), goals: Cow::Owned(goals), skipped_slots: Some(run.skipped) }
    }
}
