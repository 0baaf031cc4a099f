//! The actions that a run has tried, and the regions in which AWS allowed or denied them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use system_health_credentials::AwsMessage;

/// The actions that AWS allowed or denied in a run. Clones share their entries.
#[derive(Debug, Clone, Default)]
pub(crate) struct ActionLog(Arc<Mutex<BTreeMap<&'static str, TriedAction>>>);

/// The regions in which AWS allowed or denied an action.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TriedAction {
    pub(crate) allowed_in: BTreeSet<String>,
    /// AWS's message, by region.
    pub(crate) denied_in: BTreeMap<String, String>,
}

impl ActionLog {
    /// Where an action was tried. `None` if AWS neither allowed nor denied it, for example because it could not be reached.
    pub(crate) fn find(&self, action: &str) -> Option<TriedAction> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(action).cloned()
    }

    pub(super) fn record_allowed(&self, action: &'static str, region: &str) {
        self.change(action, |tried| {
            tried.allowed_in.insert(region.to_owned());
        });
    }

    pub(super) fn record_denied(&self, action: &'static str, region: &str, message: &AwsMessage) {
        self.change(action, |tried| {
            tried.denied_in.entry(region.to_owned()).or_insert_with(|| message.to_string());
        });
    }

    fn change(&self, action: &'static str, change: impl FnOnce(&mut TriedAction)) {
        change(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(action).or_default());
    }
}
