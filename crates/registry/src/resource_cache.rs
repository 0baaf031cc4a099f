//! The resources of one scope. Each resource is built in a task of its own, so the other requesters still get it if the
//! first one runs into its timeout.
//!
//! Dependencies are recorded before anyone waits for them. So a cycle of dependencies is an error, not a deadlock, even if
//! two requesters enter it at different resources at the same time.

use std::{
    any::{Any, TypeId},
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{
    FutureExt,
    future::{BoxFuture, Shared, ready},
};
use tokio::{task::AbortHandle, time::Instant};
use tracing::Instrument;

use crate::{
    Unavailable,
    collecting::working_for_current_metric,
    task_error::TaskError,
    trace::{record, resource_span},
};

/// A resource that is built or being built.
pub(crate) type SharedResource = Shared<BoxFuture<'static, ResourceResult>>;
pub(crate) type ResourceResult = Result<Arc<dyn Any + Send + Sync>, Unavailable>;

/// The resources of one scope.
#[derive(Default)]
pub(crate) struct ResourceCache(Mutex<CacheEntries>);

#[derive(Default)]
struct CacheEntries {
    resources: HashMap<TypeId, SharedResource>,
    dependencies: HashMap<TypeId, Vec<ResourceType>>,
    tasks: Vec<BuildTask>,
}

/// The task that builds a resource.
struct BuildTask {
    resource: TypeId,
    handle: AbortHandle,
    /// When the run that started the task ends.
    deadline: Option<Instant>,
}

/// The type of a resource, for maps and messages.
#[derive(Clone, Copy)]
pub(crate) struct ResourceType {
    pub(crate) id: TypeId,
    pub(crate) name: &'static str,
}

/// Aborts the tasks of a cache when this value is dropped. Clones of a context share the value, so this happens when the last of
/// them is dropped.
pub(crate) struct AbortOnDrop(pub(crate) Arc<ResourceCache>);

/// A resource that depends on itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("resources depend on each other in a cycle: {}", .path.join(" → "))]
pub struct CycleError {
    path: Vec<&'static str>,
}

impl ResourceCache {
    /// Adds a finished resource.
    pub(crate) fn provide(&self, id: TypeId, resource: Arc<dyn Any + Send + Sync>) {
        let result: ResourceResult = Ok(resource);
        self.lock().resources.insert(id, ready(result).boxed().shared());
    }

    /// A resource that is built or being built.
    pub(crate) fn find(&self, id: TypeId) -> Option<SharedResource> {
        self.lock().resources.get(&id).cloned()
    }

    /// Records that a resource of this scope depends on another one of this scope.
    pub(crate) fn add_dependency(
        &self,
        dependent: ResourceType,
        dependency: ResourceType,
    ) -> Result<(), CycleError> {
        self.lock().add_dependency(dependent, dependency)
    }

    /// Starts a task that builds a resource, unless the resource is built or being built. `deadline` is the end of the run.
    pub(crate) fn start<F>(
        &self,
        resource: ResourceType,
        deadline: Option<Instant>,
        build: impl FnOnce() -> F,
    ) -> SharedResource
    where
        F: Future<Output = ResourceResult> + Send + 'static,
    {
        let mut entries = self.lock();
        if let Some(known) = entries.resources.get(&resource.id) {
            return known.clone();
        }
        let span = resource_span(resource.name);
        let task = tokio::spawn(working_for_current_metric(build()).instrument(span.clone()));
        entries.tasks.push(BuildTask { resource: resource.id, handle: task.abort_handle(), deadline });
        let result = async move {
            let result = task.await.unwrap_or_else(|error| Err(TaskError::new(resource.name, error).into()));
            record(&span, &result);
            result
        };
        let result = result.boxed().shared();
        entries.resources.insert(resource.id, result.clone());
        result
    }

    /// Removes the resources that could not be built, so that the next requester tries again. Also aborts and removes builds that
    /// have not ended by the end of their run, because they may never end.
    pub(crate) fn remove_failures(&self) {
        let mut entries = self.lock();
        let CacheEntries { resources, dependencies, tasks } = &mut *entries;
        let now = Instant::now();
        for task in tasks.iter().filter(|task| task.is_late(now)) {
            task.handle.abort();
            resources.remove(&task.resource);
        }
        // A result that nobody has waited for is known only after it was polled.
        resources.retain(|_, resource| !matches!(resource.clone().now_or_never(), Some(Err(_))));
        // Otherwise, `dependencies` and `tasks` would grow whenever a resource fails in a run of a service. The handle of a
        // finished task still keeps the memory of the task.
        dependencies.retain(|id, _| resources.contains_key(id));
        tasks.retain(|task| !task.handle.is_finished() && resources.contains_key(&task.resource));
    }

    fn lock(&self) -> MutexGuard<'_, CacheEntries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BuildTask {
    /// Whether the task is still running after the end of its run.
    fn is_late(&self, now: Instant) -> bool {
        !self.handle.is_finished() && self.deadline.is_some_and(|deadline| deadline <= now)
    }
}

impl CacheEntries {
    /// Adds the edge `dependent → dependency` once, unless `dependency` already depends on `dependent`.
    fn add_dependency(
        &mut self,
        dependent: ResourceType,
        dependency: ResourceType,
    ) -> Result<(), CycleError> {
        if let Some(path) = self.path(dependency, dependent.id, &mut HashSet::new()) {
            return Err(CycleError { path: [vec![dependent.name], path].concat() });
        }
        let dependencies = self.dependencies.entry(dependent.id).or_default();
        if !dependencies.iter().any(|known| known.id == dependency.id) {
            dependencies.push(dependency);
        }
        Ok(())
    }

    /// The names on a path from one resource to another, including both.
    fn path(&self, from: ResourceType, to: TypeId, seen: &mut HashSet<TypeId>) -> Option<Vec<&'static str>> {
        if from.id == to {
            return Some(vec![from.name]);
        }
        if !seen.insert(from.id) {
            return None;
        }
        let dependencies = self.dependencies.get(&from.id)?;
        let rest = dependencies.iter().find_map(|next| self.path(*next, to, seen))?;
        Some([vec![from.name], rest].concat())
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        for task in self.0.lock().tasks.drain(..) {
            task.handle.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_request_adds_no_dependency() {
        let cache = ResourceCache::default();
        let dependent = ResourceType { id: TypeId::of::<u8>(), name: "u8" };
        let dependency = ResourceType { id: TypeId::of::<u16>(), name: "u16" };

        for _ in 0..3 {
            cache.add_dependency(dependent, dependency).unwrap();
        }

        assert_eq!(cache.lock().dependencies[&dependent.id].len(), 1);
    }
}
