//! What outlives a run. A program that reports every minute keeps its connections from one run to the next.

use std::{any::TypeId, fmt, sync::Arc, time::SystemTime};

use crate::{
    Context, FromContext, Scope,
    layer::{AbortOnDrop, Layer},
};

/// The resources with [`Scope::Process`]. Clones share them.
///
/// ```
/// use system_health_registry::{Process, Settings};
///
/// let process = Process::new().provide(Settings::default());
/// let first_run = process.context();
/// let second_run = process.context(); // the same settings and connections, its own lists
/// ```
#[derive(Clone)]
pub struct Process {
    layer: Arc<Layer>,
    _tasks: Option<Arc<AbortOnDrop>>,
}

impl Process {
    /// A process without any resources yet.
    #[must_use]
    pub fn new() -> Self {
        let layer = Arc::new(Layer::default());
        Self { _tasks: Some(Arc::new(AbortOnDrop(Arc::clone(&layer)))), layer }
    }

    /// Provides a resource for all runs, so that it is not built. Does not compile for a resource with a narrower
    /// [scope](FromContext::SCOPE): provide that to the [`Context`] of a run.
    #[must_use]
    pub fn provide<T: FromContext>(self, resource: T) -> Self {
        const {
            assert!(
                matches!(T::SCOPE, Scope::Process),
                "only a resource with `Scope::Process` outlives a run"
            );
        }
        self.layer.provide(TypeId::of::<T>(), Arc::new(resource));
        self
    }

    /// Starts a run. Resources of the process that could not be built before are tried again.
    #[must_use]
    pub fn context(&self) -> Context {
        self.context_at(SystemTime::now())
    }

    /// The same with a run that started at a given time.
    #[must_use]
    pub fn context_at(&self, started_at: SystemTime) -> Context {
        self.layer.forget_failures();
        Context::in_process(self.clone(), started_at)
    }

    /// A handle for the tasks of a run. They must not keep what they build from being given up.
    pub(crate) fn for_task(&self) -> Self {
        Self { layer: Arc::clone(&self.layer), _tasks: None }
    }

    pub(crate) fn layer(&self) -> &Arc<Layer> {
        &self.layer
    }
}

impl Default for Process {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The resources stay out of it: some of them are secrets.
        f.debug_struct("Process").finish_non_exhaustive()
    }
}
