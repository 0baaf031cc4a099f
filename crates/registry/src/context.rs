//! What collectors are given. A collector asks for a resource by naming its type as an argument; the context builds it
//! on first use, once in its scope, and hands every asker a clone of the value or of its error.

use std::{
    any::{Any, TypeId},
    fmt,
    future::Future,
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::time::Instant;

use crate::{
    Process, Scope, ScopeError, Subject, Unavailable,
    layer::{AbortOnDrop, Layer, Need, Pending},
    names::short_type_name,
    subject::SubjectValue,
    waiting::Waiting,
};

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
    note = "implement `system_health_registry::FromContext` for it (`Subject` if metrics are about it), or take a resource that gives it"
)]
pub trait FromContext: Clone + Send + Sync + Sized + 'static {
    /// How long the resource lives, and who shares it. Default: one run.
    ///
    /// A resource can ask the context only for those that live as long as itself, or longer.
    const SCOPE: Scope = Scope::Run;

    /// Builds the resource. The context calls this at most once in its scope, on first use.
    ///
    /// Ask the context for other resources as needed. Do not wait longer than until [`Context::deadline`]: after it
    /// nobody uses the result.
    fn from_context(context: &Context) -> impl Future<Output = Result<Self, Unavailable>> + Send;
}

/// The resources of one run, built on first use and shared by all that ask.
///
/// Clones share their resources. When the last clone that you hold is dropped, the resources of the run that are still
/// being built are given up.
#[derive(Clone)]
pub struct Context {
    layers: Layers,
    started_at: SystemTime,
    asker: Asker,
    deadline: Option<Instant>,
    run_deadline: Option<Instant>,
    tasks: Vec<Arc<AbortOnDrop>>,
}

#[derive(Clone)]
struct Layers {
    process: Process,
    run: Arc<Layer>,
    subject: Option<SubjectLayer>,
}

#[derive(Clone)]
struct SubjectLayer {
    layer: Arc<Layer>,
    type_name: &'static str,
}

/// Who holds this handle to the context.
#[derive(Clone)]
enum Asker {
    Caller,
    Metric(Waiting),
    Resource(Need, Scope),
}

impl Context {
    /// An empty context. Its run starts now, in a process of its own.
    #[must_use]
    pub fn new() -> Self {
        Self::starting_at(SystemTime::now())
    }

    /// An empty context whose run starts at a given time, for tests about windows of time.
    #[must_use]
    pub fn starting_at(started_at: SystemTime) -> Self {
        Self::in_process(Process::new(), started_at)
    }

    /// A run of a process.
    pub(crate) fn in_process(process: Process, started_at: SystemTime) -> Self {
        let run = Arc::new(Layer::default());
        let tasks = vec![Arc::new(AbortOnDrop(Arc::clone(&run)))];
        let layers = Layers { process, run, subject: None };
        Self { layers, started_at, asker: Asker::Caller, deadline: None, run_deadline: None, tasks }
    }

    /// Sets the time at which the run has to end, counted from now.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Instant::now().checked_add(deadline);
        self.run_deadline = self.deadline;
        self
    }

    /// Provides a resource, so that it is not built. This is how settings get in, and how a test overrides any
    /// resource. One with [`Scope::Process`] is provided for the whole process, any other for this run, with all its
    /// subjects.
    #[must_use]
    pub fn provide<T: FromContext>(self, resource: T) -> Self {
        let layer = if T::SCOPE == Scope::Process { self.layers.process.layer() } else { &self.layers.run };
        layer.provide(TypeId::of::<T>(), Arc::new(resource));
        self
    }

    /// The resource of type `T`, which is built now if nobody asked for it before.
    ///
    /// Fails with the reason for which the resource could not be built, the same for all that ask; with a
    /// [`CycleError`](crate::CycleError) when the asker is itself needed to build it; or with a [`ScopeError`] when the
    /// asker lives longer than the resource.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub async fn get<T: FromContext>(&self) -> Result<T, Unavailable> {
        let need = Need { id: TypeId::of::<T>(), name: short_type_name::<T>() };
        let pending = self.start::<T>(need)?;
        let _waiting = match &self.asker {
            Asker::Metric(waiting) => Some(waiting.begin(need.name)),
            Asker::Caller | Asker::Resource(..) => None,
        };
        let resource = pending.await?;
        Ok(resource.downcast_ref::<T>().expect("resources are kept by their type").clone())
    }

    /// When the run started, by the wall clock. Windows of time end here.
    #[must_use]
    pub fn started_at(&self) -> SystemTime {
        self.started_at
    }

    /// The time after which nobody waits for a resource any more, if there is one.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The context of one subject, for a program that asks about it without a metric. The subject's resources are its
    /// own: the metrics of a run build theirs anew.
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
        let layers = Layers { process: self.layers.process.clone(), ..about.layers };
        Self { layers, tasks: [self.tasks.clone(), about.tasks].concat(), ..about }
    }

    /// The same context with a deadline for all that the run shares.
    pub(crate) fn until(&self, deadline: Option<Instant>) -> Self {
        Self { deadline, run_deadline: deadline, ..self.for_task() }
    }

    /// The context of one subject. Its resources are given up when the returned handle is dropped.
    pub(crate) fn for_subject(&self, subject: &SubjectValue, deadline: Option<Instant>) -> Self {
        let layer = Arc::new(Layer::default());
        layer.provide(subject.id, Arc::clone(&subject.value));
        let tasks = vec![Arc::new(AbortOnDrop(Arc::clone(&layer)))];
        let subject = Some(SubjectLayer { layer, type_name: subject.type_name });
        let own = self.for_task();
        Self { layers: Layers { subject, ..own.layers }, deadline, tasks, ..own }
    }

    /// The handle that a metric gets, and what it is waiting for.
    pub(crate) fn for_metric(&self) -> (Self, Waiting) {
        let waiting = Waiting::default();
        (Self { asker: Asker::Metric(waiting.clone()), ..self.for_task() }, waiting)
    }

    /// The name of the type of the subject, if there is one.
    pub(crate) fn subject_type(&self) -> Option<&'static str> {
        self.layers.subject.as_ref().map(|subject| subject.type_name)
    }

    /// The handle that a resource is built with. It sees what lives as long as the resource, or longer.
    fn for_resource(&self, need: Need, scope: Scope) -> Self {
        let (subject, deadline) = match scope {
            Scope::Subject => (self.layers.subject.clone(), self.deadline),
            Scope::Process | Scope::Run => (None, self.run_deadline),
        };
        let own = self.for_task();
        Self {
            layers: Layers { subject, ..own.layers },
            asker: Asker::Resource(need, scope),
            deadline,
            ..own
        }
    }

    /// A handle that does not keep resources from being given up.
    fn for_task(&self) -> Self {
        let layers = Layers { process: self.layers.process.for_task(), ..self.layers.clone() };
        Self { layers, tasks: Vec::new(), ..self.clone() }
    }

    /// Writes down who needs what, and starts building the resource unless that was done before.
    fn start<T: FromContext>(&self, need: Need) -> Result<Pending, Unavailable> {
        if let Asker::Resource(asker, asker_scope) = self.asker
            && asker_scope < T::SCOPE
        {
            let (asker, resource, resource_scope) = (asker.name, need.name, T::SCOPE);
            return Err(ScopeError::Narrower { asker, asker_scope, resource, resource_scope }.into());
        }
        let layer = match T::SCOPE {
            Scope::Process => self.layers.process.layer(),
            Scope::Run => &self.layers.run,
            Scope::Subject => {
                // A test has provided it for all subjects.
                if let Some(provided) = self.layers.run.find(need.id) {
                    return Ok(provided);
                }
                let subject = self.layers.subject.as_ref();
                &subject.ok_or(ScopeError::NoSubject { resource: need.name })?.layer
            }
        };
        // What lives longer cannot need what lives shorter, so a circle is always within one scope.
        if let Asker::Resource(asker, asker_scope) = self.asker
            && asker_scope == T::SCOPE
        {
            layer.add_need(asker, need)?;
        }
        Ok(layer.start(need, || {
            let context = self.for_resource(need, T::SCOPE);
            async move {
                let resource = T::from_context(&context).await?;
                Ok(Arc::new(resource) as Arc<dyn Any + Send + Sync>)
            }
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
        // The resources stay out of it: some of them are secrets.
        f.debug_struct("Context").field("started_at", &self.started_at).finish_non_exhaustive()
    }
}
