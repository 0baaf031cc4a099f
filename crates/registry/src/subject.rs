//! Subjects: the things that a metric is about. A run lists the subjects once and collects the metric for each of them.
//! The tags of the subject are added to every sample, so collectors do not add them.

use std::{
    any::{Any, TypeId},
    collections::{BTreeSet, HashSet},
    fmt,
    sync::Arc,
};

use futures::{FutureExt, future::BoxFuture};

use crate::{Context, FromContext, Scope, Tag, TagError, Unavailable, type_name::short_type_name};

/// A thing that a metric is about, such as a repository, a queue or a database.
///
/// A metric with `each = Repository` is collected for each repository. Its function can take the `Repository` as an
/// argument, and resources that depend on it.
///
/// ```
/// use std::fmt;
/// use system_health_registry::{Context, Subject, Tag, TagError, Unavailable, system_health_metric};
///
/// #[derive(Clone)]
/// struct Queue(&'static str);
///
/// impl Subject for Queue {
///     async fn list(_context: &Context) -> Result<Vec<Self>, Unavailable> {
///         Ok(vec![Self("mail"), Self("print")]) // ask the broker here
///     }
///
///     fn tags(&self) -> Result<Vec<Tag>, TagError> {
///         Ok(vec![Tag::new("queue", self.0)?])
///     }
/// }
///
/// impl fmt::Display for Queue {
///     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
///         f.write_str(self.0)
///     }
/// }
///
/// /// Messages in the queue.
/// #[system_health_metric(key = "queue.length", each = Queue, unit = "message", goal = "< 100")]
/// fn waiting(queue: Queue) -> usize {
///     queue.0.len()
/// }
/// # assert_eq!(waiting(Queue("mail")), 4);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a subject",
    label = "a metric cannot be about this",
    note = "implement `system_health_registry::Subject` for it: how the subjects are listed, and the tags of each"
)]
pub trait Subject: fmt::Display + Clone + Send + Sync + 'static {
    /// Lists the subjects, once a run. If the list is empty, the metrics have no data.
    ///
    /// The context has the scope of the run: clients, settings and lists, but no resources of a subject.
    fn list(context: &Context) -> impl Future<Output = Result<Vec<Self>, Unavailable>> + Send;

    /// The tags of every sample about this subject. No two subjects may have the same tags.
    fn tags(&self) -> Result<Vec<Tag>, TagError>;
}

/// A subject's name and tags.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SubjectLabel {
    name: String,
    tags: BTreeSet<Tag>,
}

/// All subjects of a type, as a resource of the run. It is useful for a client that gets data of many subjects in one
/// request.
#[derive(Debug, Clone)]
pub struct Subjects<S>(Arc<Vec<S>>);

/// The type of the subjects of a metric, and the function that lists them.
#[derive(Clone, Copy)]
pub(crate) struct SubjectType {
    pub(crate) id: TypeId,
    pub(crate) name: &'static str,
    list: fn(Context) -> BoxFuture<'static, Result<Vec<AnySubject>, Unavailable>>,
}

/// A subject of any type.
#[derive(Clone)]
pub(crate) struct AnySubject {
    pub(crate) label: Arc<SubjectLabel>,
    pub(crate) value: SubjectValue,
}

/// The subject as a resource of the metrics about it.
#[derive(Clone)]
pub(crate) struct SubjectValue {
    pub(crate) id: TypeId,
    pub(crate) type_name: &'static str,
    pub(crate) value: Arc<dyn Any + Send + Sync>,
}

#[derive(Debug, thiserror::Error)]
enum SubjectListError {
    #[error("the {type_name} `{name}` is listed twice; each needs a unique name and unique tags")]
    Twice { name: String, type_name: &'static str },
    #[error("the {type_name} `{name}` has a tag that cannot be used")]
    Tag { name: String, type_name: &'static str, source: TagError },
}

/// A metric requests a subject whose type is not the one in `each`.
#[derive(Debug, thiserror::Error)]
#[error("a `{requested}` is requested, but this metric has `each = {actual}`")]
struct WrongSubjectType {
    requested: &'static str,
    actual: &'static str,
}

impl SubjectLabel {
    /// The name, such as `acme/shop`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The tags that the subject adds to every sample.
    #[must_use]
    pub const fn tags(&self) -> &BTreeSet<Tag> {
        &self.tags
    }
}

impl fmt::Display for SubjectLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl<S> Subjects<S> {
    /// Subjects to [provide](Context::provide) in a test.
    pub fn new(subjects: impl IntoIterator<Item = S>) -> Self {
        Self(Arc::new(subjects.into_iter().collect()))
    }

    /// The subjects.
    pub fn iter(&self) -> std::slice::Iter<'_, S> {
        self.0.iter()
    }
}

impl<'a, S> IntoIterator for &'a Subjects<S> {
    type Item = &'a S;
    type IntoIter = std::slice::Iter<'a, S>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<S: Subject> FromContext for Subjects<S> {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        Ok(Self::new(S::list(context).await?))
    }
}

/// The engine provides the subject of a metric. A subject of another type is an error.
impl<S: Subject> FromContext for S {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let actual = context.subject_type().unwrap_or_default();
        Err(WrongSubjectType { requested: short_type_name::<S>(), actual }.into())
    }
}

impl SubjectValue {
    pub(crate) fn new<S: Subject>(subject: S) -> Self {
        Self { id: TypeId::of::<S>(), type_name: short_type_name::<S>(), value: Arc::new(subject) }
    }
}

impl SubjectType {
    pub(crate) fn new<S: Subject>() -> Self {
        Self {
            id: TypeId::of::<S>(),
            name: short_type_name::<S>(),
            list: |context| async move { labelled(&context.get::<Subjects<S>>().await?) }.boxed(),
        }
    }

    /// The subjects of a run.
    pub(crate) fn list(self, context: Context) -> BoxFuture<'static, Result<Vec<AnySubject>, Unavailable>> {
        (self.list)(context)
    }
}

/// The subjects with their labels. Fails if there are none, or if two have the same name or the same tags.
fn labelled<S: Subject>(subjects: &Subjects<S>) -> Result<Vec<AnySubject>, Unavailable> {
    let type_name = short_type_name::<S>();
    if subjects.0.is_empty() {
        return Err(Unavailable::no_data(format!("there are no subjects of the type {type_name}")));
    }
    let (mut names, mut tags) = (HashSet::new(), HashSet::new());
    let mut labelled = Vec::with_capacity(subjects.0.len());
    for subject in subjects {
        let name = subject.to_string();
        let own_tags = subject.tags().map_err(|source| SubjectListError::Tag {
            name: name.clone(),
            type_name,
            source,
        })?;
        let label = SubjectLabel { name, tags: own_tags.into_iter().collect() };
        if !names.insert(label.name.clone()) || !tags.insert(label.tags.clone()) {
            return Err(SubjectListError::Twice { name: label.name, type_name }.into());
        }
        labelled.push(AnySubject { label: Arc::new(label), value: SubjectValue::new(subject.clone()) });
    }
    Ok(labelled)
}
