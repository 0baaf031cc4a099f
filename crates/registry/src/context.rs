//! Where collectors get their resources. A collector asks for a resource by its type, as an argument. The context
//! builds it on first use, once in its scope, and gives each requester a clone of the value or of the error.

use std::{
    any::{Any, TypeId},
    fmt,
    future::Future,
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::time::{Instant, timeout_at};

use crate::{
    Instants, Metric, Process, Scope, ScopeError, Subject, Unavailable,
    resource_cache::{AbortOnDrop, ResourceCache, ResourceResult, ResourceType, SharedResource},
    subject::{SubjectLabel, SubjectValue},
    type_name::short_type_name,
    wait_list::WaitList,
};

/// How long a program waits for a resource if the deadline is nearer or has passed.
const MIN_WAIT: Duration = Duration::from_secs(1);

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
    message = "`{Self}` is not a resource",
    label = "a collector cannot take this as an argument",
    note = "implement `system_health_registry::FromContext` for it (`Subject` if metrics are about it), or take a resource that contains it"
)]
pub trait FromContext: Clone + Send + Sync + Sized + 'static {
    /// How long the resource lives, and who shares it. Default: one run.
    ///
    /// A resource can ask the context only for resources that live at least as long as itself.
    const SCOPE: Scope = Scope::Run;

    /// Builds the resource. The context calls this at most once in the resource's scope, on first use. A resource with
    /// [`Scope::Process`] that could not be built is tried again in the next run.
    ///
    /// This function may ask the context for other resources. It should end by [`Context::deadline`], because the result may not
    /// be used after that.
    fn from_context(context: &Context) -> impl Future<Output = Result<Self, Unavailable>> + Send;
}

/// The resources of one run, built on first use and shared by all requesters.
///
/// Clones share their resources. When the last clone is dropped, the run's resources that are still being built
/// are aborted.
#[derive(Clone)]
pub struct Context {
    caches: Caches,
    started_at: SystemTime,
    /// The instants of a backfill.
    instants: Option<Instants>,
    requester: Requester,
    deadline: Option<Instant>,
    run_deadline: Option<Instant>,
    tasks: Vec<Arc<AbortOnDrop>>,
}

#[derive(Clone)]
struct Caches {
    process: Process,
    run: Arc<ResourceCache>,
    subject: Option<SubjectCache>,
    metric: MetricCache,
}

/// The resources of one collection, and the metric that is collected.
#[derive(Clone, Default)]
struct MetricCache {
    cache: Arc<ResourceCache>,
    metric: Option<Metric>,
    /// The subject of the collection.
    subject: Option<Arc<SubjectLabel>>,
    /// The past instant for which the metric is collected.
    instant: Option<SystemTime>,
}

#[derive(Clone)]
struct SubjectCache {
    cache: Arc<ResourceCache>,
    type_name: &'static str,
}

#[derive(Debug, thiserror::Error)]
#[error("no {resource} before the run's deadline")]
struct TooLate {
    resource: &'static str,
}

/// Who uses a handle to the context.
#[derive(Clone)]
enum Requester {
    Program,
    /// A task of the engine, such as a collector, a source or a gate.
    Task(WaitList),
    Resource(ResourceType, Scope),
}

impl Context {
    /// An empty context in a new process. Its run starts now.
    #[must_use]
    pub fn new() -> Self {
        Self::starting_at(SystemTime::now())
    }

    /// An empty context whose run starts at a given time, for tests that depend on the time.
    #[must_use]
    pub fn starting_at(started_at: SystemTime) -> Self {
        Self::in_process(Process::new(), started_at)
    }

    /// The context of a run of a process.
    pub(crate) fn in_process(process: Process, started_at: SystemTime) -> Self {
        let (run, metric) = (Arc::new(ResourceCache::default()), MetricCache::default());
        let tasks = Vec::from([&run, &metric.cache].map(|cache| Arc::new(AbortOnDrop(Arc::clone(cache)))));
        let caches = Caches { process, run, subject: None, metric };
        Self {
            caches,
            started_at,
            instants: None,
            requester: Requester::Program,
            deadline: None,
            run_deadline: None,
            tasks,
        }
    }

    /// Sets the deadline of the run, counted from now.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Instant::now().checked_add(deadline);
        self.run_deadline = self.deadline;
        self
    }

    /// Provides a resource, so that it is not built. Programs provide settings in this way, and tests replace resources.
    ///
    /// A resource with [`Scope::Process`] is provided for the whole process. Other resources are provided for this run,
    /// with all its subjects.
    #[must_use]
    pub fn provide<T: FromContext>(self, resource: T) -> Self {
        let cache = if T::SCOPE == Scope::Process { self.caches.process.cache() } else { &self.caches.run };
        cache.provide(TypeId::of::<T>(), Arc::new(resource));
        self
    }

    /// The resource of type `T`. It is built now, unless it was provided or requested before.
    ///
    /// Fails with
    /// - the error of building the resource: all requesters get the same error;
    /// - a [`CycleError`](crate::CycleError) if the resource depends on the requester;
    /// - a [`ScopeError`] if the requester lives longer than the resource;
    /// - an error if a program asks and the [deadline](Self::deadline) passes, but at the earliest after a second. For its own
    ///   tasks, such as collectors, the engine limits the time.
    ///
    /// # Panics
    /// Panics outside a Tokio runtime.
    pub async fn get<T: FromContext>(&self) -> Result<T, Unavailable> {
        let resource = ResourceType { id: TypeId::of::<T>(), name: short_type_name::<T>() };
        let started = self.start::<T>(resource)?;
        let resource = match &self.requester {
            Requester::Task(wait_list) => {
                let _on_wait_list = wait_list.add(resource.name);
                started.await?
            }
            Requester::Resource(..) => started.await?,
            Requester::Program => self.before_deadline(resource, started).await?,
        };
        Ok(resource.downcast_ref::<T>().expect("resources are stored by their type").clone())
    }

    /// Waits for a resource that a program needs. Without the deadline, the program could wait forever, because a
    /// resource is never built if a collector has started to build it and then blocks all threads of its runtime.
    async fn before_deadline(&self, resource: ResourceType, started: SharedResource) -> ResourceResult {
        let Some(deadline) = self.deadline else { return started.await };
        let deadline = deadline.max(Instant::now() + MIN_WAIT);
        let too_late = |_| Err(TooLate { resource: resource.name }.into());
        timeout_at(deadline, started).await.unwrap_or_else(too_late)
    }

    /// When the run started, by the wall clock. A collector can take it as the argument [`StartedAt`](crate::StartedAt).
    ///
    /// In a backfill, this is the past instant for a collector and for a resource with [`Scope::Metric`]. For all other resources,
    /// it is the time of the backfill itself, because they serve all [`instants`](Self::instants).
    #[must_use]
    pub fn started_at(&self) -> SystemTime {
        self.caches.metric.instant.unwrap_or(self.started_at)
    }

    /// The instants for which the metrics are collected. `None` in an ordinary run, which collects them for now.
    ///
    /// A resource with a wider scope than [`Scope::Metric`] is built once for all instants. So it has to contain what happened
    /// since the start of the first instant's [window](crate::Windows), and when each thing happened.
    #[must_use]
    pub fn instants(&self) -> Option<&Instants> {
        self.instants.as_ref()
    }

    /// The metric that is collected, for a resource with [`Scope::Metric`]. `None` if a program asks for the resource
    /// without a metric.
    #[must_use]
    pub fn metric(&self) -> Option<&Metric> {
        self.caches.metric.metric.as_ref()
    }

    /// The subject of the metric that is collected. `None` if the metric has no subject, and in a resource with a wider scope
    /// than [`Scope::Metric`].
    #[must_use]
    pub fn subject(&self) -> Option<&SubjectLabel> {
        self.caches.metric.subject.as_deref()
    }

    /// The time by which a resource should be built. `None` if there is no deadline.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The context of one subject, for a program that needs resources of a subject without a metric. The metrics of a
    /// run do not share these resources.
    ///
    /// ```
    /// # use std::fmt;
    /// # use system_health_registry::{Context, FromContext, Scope, Subject, Tag, TagError, Unavailable};
    /// # #[derive(Clone)] struct Queue(&'static str);
    /// # impl Subject for Queue {
    /// #     async fn list(_: &Context) -> Result<Vec<Self>, Unavailable> { Ok(vec![]) }
    /// #     fn tags(&self) -> Result<Vec<Tag>, TagError> { Ok(vec![Tag::new("queue", self.0)?]) }
    /// # }
    /// # impl fmt::Display for Queue {
    /// #     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.0) }
    /// # }
    /// # #[derive(Clone)] struct Messages(usize);
    /// # impl FromContext for Messages {
    /// #     const SCOPE: Scope = Scope::Subject;
    /// #     async fn from_context(context: &Context) -> Result<Self, Unavailable> {
    /// #         Ok(Self(context.get::<Queue>().await?.0.len()))
    /// #     }
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let messages: Messages = Context::new().about(Queue("mail")).get().await.unwrap();
    /// assert_eq!(messages.0, 4);
    /// # });
    /// ```
    #[must_use]
    pub fn about<S: Subject>(&self, subject: S) -> Self {
        let about = self.for_subject(&SubjectValue::new(subject), self.deadline);
        // Resources with the scope of a metric may depend on the subject.
        let metric = MetricCache { cache: Arc::default(), ..about.caches.metric };
        let tasks_of_metric = vec![Arc::new(AbortOnDrop(Arc::clone(&metric.cache)))];
        let tasks = [self.tasks.clone(), about.tasks, tasks_of_metric].concat();
        let caches = Caches { process: self.caches.process.clone(), metric, ..about.caches };
        Self { caches, tasks, ..about }
    }

    /// The same context with a deadline for the resources of the run.
    pub(crate) fn until(&self, deadline: Option<Instant>) -> Self {
        Self { deadline, run_deadline: deadline, ..self.for_task() }
    }

    /// The same context for a backfill of these instants.
    pub(crate) fn with_instants(&self, instants: Option<Instants>) -> Self {
        Self { instants, ..self.for_task() }
    }

    /// The context of one subject. Building of its resources is aborted when the returned handle is dropped.
    pub(crate) fn for_subject(&self, subject: &SubjectValue, deadline: Option<Instant>) -> Self {
        let cache = Arc::new(ResourceCache::default());
        cache.provide(subject.id, Arc::clone(&subject.value));
        let tasks = vec![Arc::new(AbortOnDrop(Arc::clone(&cache)))];
        let subject = Some(SubjectCache { cache, type_name: subject.type_name });
        let handle = self.for_task();
        Self { caches: Caches { subject, ..handle.caches }, deadline, tasks, ..handle }
    }

    /// The context of one collection of a metric, which may be for a past instant. Building of its own resources is aborted when
    /// the returned handle is dropped.
    pub(crate) fn for_collection(
        &self,
        metric: &Metric,
        subject: Option<&Arc<SubjectLabel>>,
        instant: Option<SystemTime>,
    ) -> Self {
        let handle = self.for_task();
        let cache = Arc::new(ResourceCache::default());
        let tasks = vec![Arc::new(AbortOnDrop(Arc::clone(&cache)))];
        let metric = MetricCache { cache, metric: Some(metric.clone()), subject: subject.cloned(), instant };
        Self { caches: Caches { metric, ..handle.caches }, tasks, ..handle }
    }

    /// The handle of a task of the engine, and the list of what the task is waiting for.
    pub(crate) fn with_wait_list(&self) -> (Self, WaitList) {
        let wait_list = WaitList::default();
        (Self { requester: Requester::Task(wait_list.clone()), ..self.for_task() }, wait_list)
    }

    /// The type name of the subject, if there is one.
    pub(crate) fn subject_type(&self) -> Option<&'static str> {
        self.caches.subject.as_ref().map(|subject| subject.type_name)
    }

    /// The handle for building a resource. It gives access to the resources that live at least as long as this one.
    fn for_resource(&self, resource: ResourceType, scope: Scope) -> Self {
        let (subject, deadline) = match scope {
            Scope::Metric | Scope::Subject => (self.caches.subject.clone(), self.deadline),
            Scope::Process | Scope::Run => (None, self.run_deadline),
        };
        let handle = self.for_task();
        let metric = if scope == Scope::Metric { handle.caches.metric } else { MetricCache::default() };
        Self {
            caches: Caches { subject, metric, ..handle.caches },
            requester: Requester::Resource(resource, scope),
            deadline,
            ..handle
        }
    }

    /// A handle for a task. It does not keep the tasks of resources alive.
    fn for_task(&self) -> Self {
        let caches = Caches { process: self.caches.process.for_task(), ..self.caches.clone() };
        Self { caches, tasks: Vec::new(), ..self.clone() }
    }

    /// Records the dependency, and starts building the resource unless that was started before.
    fn start<T: FromContext>(&self, resource: ResourceType) -> Result<SharedResource, Unavailable> {
        if let Requester::Resource(requester, requester_scope) = self.requester
            && requester_scope < T::SCOPE
        {
            let (requester, resource, resource_scope) = (requester.name, resource.name, T::SCOPE);
            return Err(ScopeError::Narrower { requester, requester_scope, resource, resource_scope }.into());
        }
        let cache = match T::SCOPE {
            Scope::Process => self.caches.process.cache(),
            Scope::Run => &self.caches.run,
            Scope::Subject | Scope::Metric => {
                // A test may have provided the resource for all subjects and metrics.
                if let Some(provided) = self.caches.run.find(resource.id) {
                    return Ok(provided);
                }
                if T::SCOPE == Scope::Metric {
                    &self.caches.metric.cache
                } else {
                    let subject = self.caches.subject.as_ref();
                    &subject.ok_or(ScopeError::NoSubject { resource: resource.name })?.cache
                }
            }
        };
        // A resource cannot depend on a resource with a shorter life, so a cycle is always within one scope.
        if let Requester::Resource(requester, requester_scope) = self.requester
            && requester_scope == T::SCOPE
        {
            cache.add_dependency(requester, resource)?;
        }
        let context = self.for_resource(resource, T::SCOPE);
        Ok(cache.start(resource, context.deadline(), || async move {
            let resource = T::from_context(&context).await?;
            Ok(Arc::new(resource) as Arc<dyn Any + Send + Sync>)
        }))
    }
}

impl Default for Context {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Resources are not shown, because some of them are secrets.
        f.debug_struct("Context").field("started_at", &self.started_at).finish_non_exhaustive()
    }
}
