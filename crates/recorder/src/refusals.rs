//! What could not be recorded. It is counted and named, so that it never disappears silently.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use system_health_registry::ItemError;

/// Maximum number of different reasons that are named for a metric. Other reasons are only counted.
const MAX_REASONS: usize = 10;

/// The number of values since the last run that were dropped for a reason. The handle of a refused series keeps this
/// number, and adds each value that it drops.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dropped(Arc<AtomicU64>);

/// The reasons, each with the number of values that were dropped for it.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    reasons: BTreeMap<String, Dropped>,
    others: Dropped,
}

impl Dropped {
    pub(crate) fn add(&self, count: u64) {
        let add = |dropped: u64| Some(dropped.saturating_add(count));
        // The update cannot fail, because `add` always returns a value.
        let _ = self.0.fetch_update(Relaxed, Relaxed, add);
    }

    fn take(&self) -> u64 {
        self.0.swap(0, Relaxed)
    }

    /// Whether there is something to report, now or later.
    fn is_in_use(&mut self) -> bool {
        // While a handle keeps the number, it may grow.
        Arc::get_mut(&mut self.0).is_none_or(|dropped| *dropped.get_mut() > 0)
    }
}

impl Refusals {
    /// The number of values that were dropped for a reason. All reasons beyond the maximum share one number.
    pub(crate) fn dropped_for(&mut self, reason: String) -> Dropped {
        let is_full = self.reasons.len() >= MAX_REASONS;
        match self.reasons.get(&reason) {
            Some(known) => known.clone(),
            None if is_full => self.others.clone(),
            None => self.reasons.entry(reason).or_default().clone(),
        }
    }

    pub(crate) fn add(&mut self, reason: &str, count: u64) {
        if count > 0 {
            self.dropped_for(reason.to_owned()).add(count);
        }
    }

    /// The reasons since the last call, as failed items.
    pub(crate) fn take(&mut self) -> Vec<ItemError> {
        let times = |count| if count == 1 { "once".to_owned() } else { format!("{count} times") };
        let reasons = self.reasons.iter().map(|(reason, dropped)| (reason.as_str(), dropped));
        let reasons = reasons.chain([("for other reasons", &self.others)]);
        let items = reasons
            .map(|(reason, dropped)| (reason, dropped.take()))
            .filter(|(_, count)| *count > 0)
            .map(|(reason, count)| ItemError::new(format!("not recorded, {}: {reason}", times(count))))
            .collect();
        self.reasons.retain(|_, dropped| dropped.is_in_use());
        items
    }
}
