//! The resources of one scope. Each is built in a task of its own, so an asker that gives up (its timeout) does not
//! take the resource away from the others.
//!
//! Who needs whom is written down before anyone waits: a resource that needs itself through others is therefore an
//! error at the moment it asks, also when two askers start from both ends at once.

use std::{
    any::{Any, TypeId},
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{
    FutureExt,
    future::{BoxFuture, Shared, ready},
};
use tokio::task::AbortHandle;

use crate::{Unavailable, panic};

/// A resource that is built, or being built.
pub(crate) type Pending = Shared<BoxFuture<'static, Built>>;
pub(crate) type Built = Result<Arc<dyn Any + Send + Sync>, Unavailable>;

/// The resources of one scope. When it is dropped, what is still being built is given up.
#[derive(Default)]
pub(crate) struct Layer(Mutex<Resources>);

#[derive(Default)]
struct Resources {
    pending: HashMap<TypeId, Pending>,
    needs: HashMap<TypeId, Vec<Need>>,
    tasks: Vec<AbortHandle>,
}

/// A resource that another one asked for.
#[derive(Clone, Copy)]
pub(crate) struct Need {
    pub(crate) id: TypeId,
    pub(crate) name: &'static str,
}

/// Stops the tasks of a layer when the last handle to it is dropped.
pub(crate) struct AbortOnDrop(pub(crate) Arc<Layer>);

/// A resource that needs itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("resources need each other in a circle: {}", .path.join(" → "))]
pub struct CycleError {
    path: Vec<&'static str>,
}

impl Layer {
    /// Puts a finished resource there.
    pub(crate) fn provide(&self, id: TypeId, resource: Arc<dyn Any + Send + Sync>) {
        let built: Built = Ok(resource);
        self.lock().pending.insert(id, ready(built).boxed().shared());
    }

    /// A resource that is built or being built.
    pub(crate) fn find(&self, id: TypeId) -> Option<Pending> {
        self.lock().pending.get(&id).cloned()
    }

    /// Writes down that a resource of this layer needs another one of it.
    pub(crate) fn add_need(&self, asker: Need, need: Need) -> Result<(), CycleError> {
        self.lock().add_need(asker, need)
    }

    /// Starts a task that builds a resource, unless that was done before.
    pub(crate) fn start<F>(&self, need: Need, build: impl FnOnce() -> F) -> Pending
    where
        F: Future<Output = Built> + Send + 'static,
    {
        let mut resources = self.lock();
        if let Some(pending) = resources.pending.get(&need.id) {
            return pending.clone();
        }
        let task = tokio::spawn(build());
        resources.tasks.push(task.abort_handle());
        let pending =
            async move { task.await.unwrap_or_else(|error| Err(panic::describe(need.name, error).into())) };
        let pending = pending.boxed().shared();
        resources.pending.insert(need.id, pending.clone());
        pending
    }

    /// Forgets the resources that could not be built, so that the next asker tries again.
    pub(crate) fn forget_failures(&self) {
        self.lock().pending.retain(|_, pending| !matches!(pending.peek(), Some(Err(_))));
    }

    fn lock(&self) -> MutexGuard<'_, Resources> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Resources {
    /// Adds the edge `asker → need`, unless `need` needs `asker` already.
    fn add_need(&mut self, asker: Need, need: Need) -> Result<(), CycleError> {
        if let Some(path) = self.path(need, asker.id, &mut HashSet::new()) {
            return Err(CycleError { path: [vec![asker.name], path].concat() });
        }
        self.needs.entry(asker.id).or_default().push(need);
        Ok(())
    }

    /// The names on a way from one resource to another, both included.
    fn path(&self, from: Need, to: TypeId, seen: &mut HashSet<TypeId>) -> Option<Vec<&'static str>> {
        if from.id == to {
            return Some(vec![from.name]);
        }
        if !seen.insert(from.id) {
            return None;
        }
        let needs = self.needs.get(&from.id)?;
        let rest = needs.iter().find_map(|need| self.path(*need, to, seen))?;
        Some([vec![from.name], rest].concat())
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        for task in self.0.lock().tasks.drain(..) {
            task.abort();
        }
    }
}
