//! What collectors are given. A collector asks for a resource by naming its type as an argument; the
//! context builds it on first use, once, and hands every asker a clone of the value or of its error.
//!
//! Each resource is built in a task of its own, so an asker that gives up (its time-out) does not
//! take the resource away from the others. Who waits for whom is written down before anyone waits:
//! a resource that needs itself through others is therefore an error at the moment it asks, also
//! when two askers come from two sides at once.

use std::{
    any::{Any, TypeId, type_name},
    collections::{HashMap, HashSet},
    fmt,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use futures::{FutureExt, future::BoxFuture, future::Shared};
use tokio::{task::AbortHandle, time::Instant};

use crate::{Unavailable, panic};

/// A value that collectors take as an argument, such as a client or a list of commits.
///
/// ```
/// use system_health_registry::{Context, FromContext, Unavailable, system_health_metric};
///
/// #[derive(Clone)]
/// struct QueueLengths(Vec<u64>);
///
/// impl FromContext for QueueLengths {
///     async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
///         Ok(Self(vec![3, 4])) // ask the broker here; `?` takes any error
///     }
/// }
///
/// /// Messages that wait in any queue.
/// #[system_health_metric(key = "queue.waiting", unit = "message", goal = "< 100")]
/// fn waiting(queues: QueueLengths) -> u64 {
///     queues.0.iter().sum()
/// }
///
/// assert_eq!(waiting(QueueLengths(vec![1, 2])), 3);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no resource",
    label = "a collector cannot take this as an argument",
    note = "implement `system_health_registry::FromContext` for it, or take a resource that gives it"
)]
pub trait FromContext: Clone + Send + Sync + Sized + 'static {
    /// Builds the resource. The context calls this at most once a run, on first use.
    ///
    /// Ask the context for other resources as needed. Bound what you wait for by
    /// [`Context::deadline`]: after it nobody waits for the answer.
    fn from_context(context: &Context) -> impl Future<Output = Result<Self, Unavailable>> + Send;
}

/// The resources of one run, built on first use and shared by all that ask.
///
/// Clones share their resources. When the last clone that you hold is dropped, resources that are
/// still being built are given up.
#[derive(Clone)]
pub struct Context {
    shared: Arc<SharedState>,
    asker: Asker,
    deadline: Option<Instant>,
    _tasks: Option<Arc<AbortOnDrop>>,
}

struct SharedState {
    started_at: SystemTime,
    resources: Mutex<Resources>,
}

#[derive(Default)]
struct Resources {
    built: HashMap<TypeId, Shared<BoxFuture<'static, Built>>>,
    needs: HashMap<TypeId, Vec<Need>>,
    tasks: Vec<AbortHandle>,
}

type Built = Result<Arc<dyn Any + Send + Sync>, Unavailable>;

/// A resource that another one asked for.
#[derive(Clone, Copy)]
struct Need {
    id: TypeId,
    name: &'static str,
}

/// Who holds this handle to the context.
#[derive(Clone)]
enum Asker {
    Caller,
    Metric(Waiting),
    Resource(Need),
}

/// The names of the resources that a metric is waiting for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Waiting(Arc<Mutex<Vec<&'static str>>>);

struct AbortOnDrop(Arc<SharedState>);

/// A resource that needs itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("resources need each other in a circle: {}", .path.join(" → "))]
pub struct CycleError {
    path: Vec<&'static str>,
}

impl Context {
    /// An empty context. Its run starts now.
    #[must_use]
    pub fn new() -> Self {
        Self::starting_at(SystemTime::now())
    }

    /// An empty context whose run starts at a given time, for tests about windows of time.
    #[must_use]
    pub fn starting_at(started_at: SystemTime) -> Self {
        let shared = Arc::new(SharedState { started_at, resources: Mutex::default() });
        let tasks = Some(Arc::new(AbortOnDrop(Arc::clone(&shared))));
        Self { shared, asker: Asker::Caller, deadline: None, _tasks: tasks }
    }

    /// Says when the run has to end, counted from now.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Instant::now().checked_add(deadline);
        self
    }

    /// Provides a resource, so that it is not built. This is how settings get in, and how a test
    /// overrides any resource.
    #[must_use]
    pub fn provide<T: FromContext>(self, resource: T) -> Self {
        let built: Built = Ok(Arc::new(resource));
        self.shared.lock().built.insert(TypeId::of::<T>(), async { built }.boxed().shared());
        self
    }

    /// The resource of type `T`, which is built now if nobody asked for it before.
    ///
    /// Fails with the reason for which the resource could not be built, the same for all that ask,
    /// or with a [`CycleError`] when the asker is itself needed to build it.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub async fn get<T: FromContext>(&self) -> Result<T, Unavailable> {
        let need = Need { id: TypeId::of::<T>(), name: short_type_name::<T>() };
        let pending = self.start::<T>(need)?;
        let _waiting = match &self.asker {
            Asker::Metric(waiting) => Some(waiting.begin(need.name)),
            Asker::Caller | Asker::Resource(_) => None,
        };
        let resource = pending.await?;
        Ok(resource.downcast_ref::<T>().expect("resources are kept by their type").clone())
    }

    /// When the run started, by the wall clock. Windows of time end here.
    #[must_use]
    pub fn started_at(&self) -> SystemTime {
        self.shared.started_at
    }

    /// The time after which nobody waits for a resource any more, if there is one.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The handle that a metric gets, and what it is waiting for.
    pub(crate) fn for_metric(&self, deadline: Option<Instant>) -> (Self, Waiting) {
        let waiting = Waiting::default();
        (self.child(Asker::Metric(waiting.clone()), deadline), waiting)
    }

    fn child(&self, asker: Asker, deadline: Option<Instant>) -> Self {
        Self { shared: Arc::clone(&self.shared), asker, deadline, _tasks: None }
    }

    /// Writes down who needs what, and starts building the resource unless that was done before.
    fn start<T: FromContext>(&self, need: Need) -> Result<Shared<BoxFuture<'static, Built>>, CycleError> {
        let mut resources = self.shared.lock();
        if let Asker::Resource(asker) = self.asker {
            resources.add_need(asker, need)?;
        }
        if let Some(pending) = resources.built.get(&need.id) {
            return Ok(pending.clone());
        }
        let context = self.child(Asker::Resource(need), self.deadline);
        let task = tokio::spawn(async move {
            let resource = T::from_context(&context).await?;
            Ok(Arc::new(resource) as Arc<dyn Any + Send + Sync>)
        });
        resources.tasks.push(task.abort_handle());
        let pending =
            async move { task.await.unwrap_or_else(|error| Err(panic::describe(need.name, error).into())) };
        let pending = pending.boxed().shared();
        resources.built.insert(need.id, pending.clone());
        Ok(pending)
    }
}

impl Default for Context {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The resources stay out of it: some of them are secrets.
        f.debug_struct("Context").field("started_at", &self.started_at()).finish_non_exhaustive()
    }
}

impl SharedState {
    fn lock(&self) -> MutexGuard<'_, Resources> {
        self.resources.lock().unwrap_or_else(PoisonError::into_inner)
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

impl Waiting {
    /// The names, oldest first.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn begin(&self, name: &'static str) -> impl Drop + use<> {
        struct End(Waiting, &'static str);
        impl Drop for End {
            fn drop(&mut self) {
                let mut names = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(position) = names.iter().position(|name| *name == self.1) {
                    names.remove(position);
                }
            }
        }
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(name);
        End(self.clone(), name)
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        for task in self.0.lock().tasks.drain(..) {
            task.abort();
        }
    }
}

/// The type's name without its path: `RecentCommits`.
fn short_type_name<T>() -> &'static str {
    let name = type_name::<T>();
    let end_of_path = name.find('<').unwrap_or(name.len());
    let start = name[..end_of_path].rfind("::").map_or(0, |position| position + 2);
    &name[start..]
}
