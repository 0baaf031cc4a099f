//! The intake: answers requests, takes packets, and stores what they contain. It opens no sockets, so tests use it in the same
//! way as the server.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

use crate::{
    api::{self, State},
    exchange::{Answer, Request},
    notice::Notice,
    point::Point,
    query::Transition,
    rules::CountedFinding,
    store::{DistributionId, Store, StoreError, WeightedValues},
    treatment::Treatment,
};

/// A stand-in for Datadog.
pub struct Intake {
    state: Mutex<State>,
    observer: Box<dyn Fn(&Notice) + Send + Sync>,
}

impl Intake {
    /// An intake with a store.
    pub fn new(store: Store) -> Result<Self, StoreError> {
        Ok(Self { state: Mutex::new(State::new(store)?), observer: Box::new(|_| {}) })
    }

    /// An intake that keeps everything in memory.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::new(Store::in_memory()?)
    }

    /// Chooses what happens to series, distributions and service checks that break Datadog's rules. Events and the metrics of
    /// `DogStatsD` are always treated [like Datadog](Treatment::LikeDatadog).
    #[must_use]
    pub fn with_treatment(self, treatment: Treatment) -> Self {
        self.state().treatment = treatment;
        self
    }

    /// Calls a function for each [`Notice`]: deliveries, events, new findings, and changes of monitors.
    #[must_use]
    pub fn with_observer(mut self, observer: impl Fn(&Notice) + Send + Sync + 'static) -> Self {
        self.observer = Box::new(observer);
        self
    }

    /// Answers a request to Datadog's API, to the Agent, or to the intake itself. Any key is accepted.
    #[must_use]
    pub fn handle(&self, request: &Request) -> Answer {
        self.with_state(|state| api::answer(state, request))
    }

    /// Takes a packet of `DogStatsD`.
    pub fn receive(&self, packet: &[u8]) -> Result<(), StoreError> {
        self.with_state(|state| api::receive(state, packet))
    }

    /// Notifies the observer of the lines of `DogStatsD` since the last call.
    pub fn notify_of_lines(&self) {
        self.with_state(State::notify_of_lines);
    }

    /// Evaluates all monitors now, and notifies the observer of what has changed.
    pub fn evaluate_monitors(&self) -> Result<(), StoreError> {
        self.with_state(State::evaluate_all)
    }

    /// Stores points of any time, such as those of a history. Unlike submitted points, they are neither checked nor changed.
    pub fn add_points(&self, points: &[Point]) -> Result<(), StoreError> {
        self.state().add_points(points)
    }

    /// Stores distributions of any time, without checks. Each replaces the stored distribution of the same series and time. In
    /// contrast, the values of a submitted distribution are added to the stored ones.
    pub fn add_distributions(&self, all: &[(DistributionId, WeightedValues)]) -> Result<(), StoreError> {
        self.state().add_distributions(all)
    }

    /// Deletes what is older than a time, in seconds since 1970. Monitors, dashboards, metadata and the last status of
    /// each service check are kept.
    pub fn prune(&self, since: i64) -> Result<(), StoreError> {
        self.with_state(|state| state.store.prune(since))
    }

    /// The findings so far, the latest first.
    #[must_use]
    pub fn findings(&self) -> Vec<CountedFinding> {
        self.state().findings().list()
    }

    /// All stored points, ordered by metric, tags and time.
    pub fn points(&self) -> Result<Vec<Point>, StoreError> {
        self.state().store.all_points()
    }

    /// The values of each distribution, in the order of their arrival.
    pub fn distributions(&self) -> Result<BTreeMap<DistributionId, Vec<f64>>, StoreError> {
        self.state().store.values()
    }

    /// The metadata of a metric that was submitted.
    #[must_use]
    pub fn metadata(&self, metric: &str) -> Option<Value> {
        self.state().metadata.get(metric)
    }

    /// The events as they were sent, in the order of their arrival.
    pub fn events(&self) -> Result<Vec<Value>, StoreError> {
        let events = self.state().store.events(&(i64::MIN..=i64::MAX))?;
        Ok(events.into_iter().map(|(_, _, event)| event).collect())
    }

    /// The dashboards as Datadog returns them, in the order of their creation.
    #[must_use]
    pub fn dashboards(&self) -> Vec<Value> {
        self.state().dashboards.all.clone()
    }

    /// Edits and saves a dashboard as a person would. If there is no dashboard with this id, the error is Datadog's answer.
    pub fn edit_dashboard(&self, id: &str, edit: impl FnOnce(&mut Value)) -> Result<Value, Answer> {
        api::edit_dashboard(&mut self.state(), id, edit)
    }

    /// The monitors as Datadog returns them, in the order of their creation.
    #[must_use]
    pub fn monitors(&self) -> Vec<Value> {
        self.state().monitors.all.clone()
    }

    /// Edits and saves a monitor as a person would. If there is no monitor with this id, the error is Datadog's answer.
    pub fn edit_monitor(&self, id: &str, edit: impl FnOnce(&mut Value)) -> Result<Value, Answer> {
        api::edit_monitor(&mut self.state(), id, edit)
    }

    /// Evaluates the monitors that are due at a time, in seconds since 1970, over all points that have arrived. Returns what
    /// has changed. The time must not decrease from call to call.
    pub fn evaluate_at(&self, now: i64) -> Result<Vec<Transition>, StoreError> {
        self.state().evaluate_due(now)
    }

    /// Like [`evaluate_at`](Self::evaluate_at), but evaluates all monitors, whether or not they are due.
    pub fn evaluate_all_at(&self, now: i64) -> Result<Vec<Transition>, StoreError> {
        self.state().evaluate_all_at(now)
    }

    /// Calls a function with the state, and notifies the observer after the state is unlocked.
    fn with_state<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state();
        let result = work(&mut state);
        let notices = state.take_notices();
        drop(state);
        notices.iter().for_each(&self.observer);
        result
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Intake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intake").field("state", &self.state).finish_non_exhaustive()
    }
}
