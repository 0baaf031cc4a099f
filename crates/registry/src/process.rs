//! The resources that outlive a run. A program that reports every minute keeps its connections from one run to the next.

use std::{any::TypeId, fmt, sync::Arc, time::SystemTime};

use crate::{
    Context, FromContext, Scope,
    resource_cache::{AbortOnDrop, ResourceCache},
};

/// The resources with [`Scope::Process`]. Clones share them.
///
/// ```
/// use system_health_registry::{Process, Settings};
///
/// let process = Process::new().provide(Settings::default());
/// let first_run = process.context();
/// let second_run = process.context(); // has the same settings and connections
/// ```
#[derive(Clone)]
pub struct Process {
    cache: Arc<ResourceCache>,
    _tasks: Option<Arc<AbortOnDrop>>,
}

impl Process {
    /// A process without resources.
    #[must_use]
    pub fn new() -> Self {
        let cache = Arc::new(ResourceCache::default());
        Self { _tasks: Some(Arc::new(AbortOnDrop(Arc::clone(&cache)))), cache }
    }

    /// Provides a resource for all runs, so that it is not built. This does not compile for a resource with a narrower
    /// [scope](FromContext::SCOPE): provide it to the [`Context`] of a run.
    #[must_use]
    pub fn provide<T: FromContext>(self, resource: T) -> Self {
        const {
            assert!(
                matches!(T::SCOPE, Scope::Process),
                "only a resource with `Scope::Process` outlives a run"
            );
        }
        self.cache.provide(TypeId::of::<T>(), Arc::new(resource));
        self
    }

    /// Makes the context of a new run, which starts now. Resources of the process that could not be built before are tried again.
    #[must_use]
    pub fn context(&self) -> Context {
        self.context_at(SystemTime::now())
    }

    /// Makes the context of a new run with a given start time.
    #[must_use]
    pub fn context_at(&self, started_at: SystemTime) -> Context {
        self.cache.remove_failures();
        Context::in_process(self.clone(), started_at)
    }

    /// A handle for a task. It does not keep the tasks of resources alive.
    pub(crate) fn for_task(&self) -> Self {
        Self { cache: Arc::clone(&self.cache), _tasks: None }
    }

    pub(crate) fn cache(&self) -> &Arc<ResourceCache> {
        &self.cache
    }
}

impl Default for Process {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Resources are not shown, because some of them are secrets.
        f.debug_struct("Process").finish_non_exhaustive()
    }
}
