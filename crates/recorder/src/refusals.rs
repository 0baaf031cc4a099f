//! What could not be recorded. It is counted and named, so that it never disappears silently.

use std::collections::BTreeMap;

use system_health_registry::ItemError;

/// Maximum number of different reasons that are named for a metric. Other reasons are only counted.
const MAX_REASONS: usize = 10;

/// The reasons since the last run, each with how often it occurred.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    reasons: BTreeMap<String, u64>,
    others: u64,
}

impl Refusals {
    pub(crate) fn add(&mut self, reason: String, count: u64) {
        if count == 0 {
            return;
        }
        let is_full = self.reasons.len() >= MAX_REASONS;
        match self.reasons.get_mut(&reason) {
            Some(known) => *known = known.saturating_add(count),
            None if is_full => self.others = self.others.saturating_add(count),
            None => drop(self.reasons.insert(reason, count)),
        }
    }

    /// The reasons as failed items of the metric.
    pub(crate) fn into_items(self) -> Vec<ItemError> {
        let others = (self.others > 0).then(|| ("for other reasons".to_owned(), self.others));
        let times = |count| if count == 1 { "once".to_owned() } else { format!("{count} times") };
        let reasons = self.reasons.into_iter().chain(others);
        reasons
            .map(|(reason, count)| ItemError::new(format!("not recorded, {}: {reason}", times(count))))
            .collect()
    }
}
