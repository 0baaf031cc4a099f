//! What the HTTP server shows: written by the service after each run, and read by requests. Readers never wait for a run.

use std::{
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::SystemTime,
};

use system_health_registry::{
    Descriptions, Point,
    trace::{Trace, TraceId},
};
use system_health_reporter::FinishedRun;

use crate::{
    configuration::Configuration,
    current_values::{CurrentValues, PublishedRun},
    kept_traces::KeptTraces,
    readiness::{self, NotReady},
    served::Served,
};

/// The latest state of the service.
#[derive(Debug)]
pub(crate) struct Latest(RwLock<State>);

#[derive(Debug)]
struct State {
    served: Arc<Served>,
    last: Option<Arc<PublishedRun>>,
    values: CurrentValues,
    traces: KeptTraces,
    /// Why the latest run was not possible.
    error: Option<String>,
}

impl Latest {
    /// The state before the first run.
    pub(crate) fn new(served: Arc<Served>) -> Self {
        Self(RwLock::new(State {
            served,
            last: None,
            values: CurrentValues::default(),
            traces: KeptTraces::default(),
            error: None,
        }))
    }

    /// Uses other settings from now on.
    pub(crate) fn configure(&self, served: Arc<Served>) {
        self.write().served = served;
    }

    /// Publishes a run. If it collected all metrics, the values of earlier runs are forgotten.
    pub(crate) fn publish(
        &self,
        finished: FinishedRun,
        finished_at: SystemTime,
        collects_all: bool,
        configuration: &Configuration,
    ) {
        let run = Arc::new(PublishedRun { finished, finished_at });
        let mut state = self.write();
        if collects_all {
            state.values.clear();
        }
        let every = configuration.slots.length();
        state.values.update(&run, every, |key| configuration.reporter.collection_interval(key));
        if let Some(trace) = &run.finished.trace {
            state.traces.add(Arc::clone(trace));
        }
        state.last = Some(run);
        state.error = None;
    }

    /// Remembers why a run was not possible.
    pub(crate) fn fail(&self, error: String) {
        self.write().error = Some(error);
    }

    pub(crate) fn served(&self) -> Arc<Served> {
        Arc::clone(&self.read().served)
    }

    /// The last run, if one has finished, and the last outcomes of all metrics.
    pub(crate) fn outcomes(&self) -> Option<(Arc<PublishedRun>, CurrentValues)> {
        let state = self.read();
        Some((state.last.clone()?, state.values.clone()))
    }

    /// The ids of the traces that can be read: those of the last runs, the newest one first, and then those of earlier runs that
    /// the report names.
    pub(crate) fn traces(&self) -> Vec<TraceId> {
        let state = self.read();
        let mut ids: Vec<TraceId> = state.traces.iter().map(|trace| trace.trace_id).collect();
        for trace in state.values.traces() {
            if !ids.contains(&trace.trace_id) {
                ids.push(trace.trace_id);
            }
        }
        ids
    }

    /// The trace with this id, if it can be read.
    pub(crate) fn trace(&self, id: TraceId) -> Option<Arc<Trace>> {
        let state = self.read();
        let earlier = || state.values.traces().find(|trace| trace.trace_id == id).map(Arc::clone);
        state.traces.find(id).or_else(earlier)
    }

    /// The current points, with the descriptions of their metrics, and the reporter's name.
    pub(crate) fn points(&self, now: SystemTime) -> (Vec<Point>, Descriptions, Option<String>) {
        // The points are made without the lock.
        let (values, last) = {
            let state = self.read();
            (state.values.clone(), state.last.clone())
        };
        let (points, descriptions) = values.points(now);
        (points, descriptions, last.and_then(|run| run.finished.reporter_name.clone()))
    }

    /// Whether the values are current.
    pub(crate) fn readiness(&self, now: SystemTime) -> Result<(), NotReady> {
        let state = self.read();
        let finished_at = state.last.as_ref().map(|run| run.finished_at);
        readiness::check(finished_at, state.served.every, now, state.error.as_deref())
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}
