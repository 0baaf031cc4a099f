//! Values that are requested once for all metrics and instants.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::OnceCell;

/// Values by key. The first caller requests the value of a key, and the other callers wait for it. After an error, the next
/// caller requests it again.
#[derive(Debug)]
pub(super) struct OnceByKey<K, V>(Mutex<HashMap<K, Arc<OnceCell<V>>>>);

impl<K, V> Default for OnceByKey<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> OnceByKey<K, V> {
    /// The value of a key.
    pub(super) async fn get<E>(&self, key: K, request: impl AsyncFnOnce() -> Result<V, E>) -> Result<V, E> {
        let cell = {
            let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(cells.entry(key).or_default())
        };
        cell.get_or_try_init(|| request()).await.cloned()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn a_value_is_requested_once_and_an_error_is_not_kept() {
        let (values, requests) = (OnceByKey::default(), Cell::new(0));
        let request = async || {
            requests.set(requests.get() + 1);
            if requests.get() == 1 { Err("refused") } else { Ok(requests.get()) }
        };

        assert_eq!(values.get(7, request).await, Err("refused"));
        assert_eq!(values.get(7, request).await, Ok(2));
        assert_eq!(values.get(7, request).await, Ok(2));
        assert_eq!(values.get(8, request).await, Ok(3));
    }
}
