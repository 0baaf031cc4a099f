//! The resources that a task of the engine is waiting for. The error of a timeout names them.

use std::sync::{Arc, Mutex, PoisonError};

/// The names of the resources that a task of the engine is waiting for.
#[derive(Debug, Clone, Default)]
pub(crate) struct WaitList(Arc<Mutex<Vec<&'static str>>>);

impl WaitList {
    /// The names, oldest first.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Adds a name until the returned guard is dropped.
    pub(crate) fn add(&self, name: &'static str) -> impl Drop + use<> {
        struct Guard(WaitList, &'static str);
        impl Drop for Guard {
            fn drop(&mut self) {
                let mut names = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(position) = names.iter().position(|name| *name == self.1) {
                    names.remove(position);
                }
            }
        }
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(name);
        Guard(self.clone(), name)
    }
}
