//! The events that collectors find, as a resource of the run.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{Context, Event, FromContext, Unavailable};

/// The events of a run. Clones share the same events.
///
/// ```
/// use system_health_registry::{Event, EventError, Events, system_health_metric};
///
/// /// Deploys of the last hour.
/// #[system_health_metric(key = "deploys.lately", unit = "deploy")]
/// fn deploys(events: Events) -> Result<u64, EventError> {
///     events.attach(Event::new("deploy-1207", "Deployed version 4.2")?);
///     Ok(1)
/// }
///
/// let events = Events::default();
/// assert_eq!(deploys(events.clone()), Ok(1));
/// assert_eq!(events.attached()[0].title(), "Deployed version 4.2");
/// ```
#[derive(Debug, Clone, Default)]
pub struct Events(Arc<Mutex<BTreeMap<String, Event>>>);

impl Events {
    /// Attaches an event to the run. It replaces an event with the same id.
    pub fn attach(&self, event: Event) {
        self.lock().insert(event.id().to_owned(), event);
    }

    /// The events so far, sorted by id.
    #[must_use]
    pub fn attached(&self) -> Vec<Event> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Event>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FromContext for Events {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self::default())
    }
}
