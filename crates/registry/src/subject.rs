//! Subjects: the things that a metric is about. A run lists the subjects once and collects the metric for each of them.
//! The tags of the subject are added to every sample, so collectors do not add them.

use std::{
    any::{Any, TypeId},
    collections::{BTreeSet, HashMap},
    fmt,
    sync::Arc,
};

use futures::{FutureExt, future::BoxFuture};

use crate::{
    Context, FromContext, Scope, SharedError, Tag, TagError, Unavailable, type_name::short_type_name,
};

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

    /// The tags of every sample about this subject. Subjects with equal tags or names are errors.
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
    /// Why no metric can be collected for the subject.
    pub(crate) error: Option<SharedError>,
}

/// The subject as a resource of the metrics about it.
#[derive(Clone)]
pub(crate) struct SubjectValue {
    pub(crate) id: TypeId,
    pub(crate) type_name: &'static str,
    pub(crate) value: Arc<dyn Any + Send + Sync>,
}

/// Why no metric can be collected for a subject. Other subjects are not affected.
#[derive(Debug, thiserror::Error)]
enum SubjectError {
    #[error("the {type_name} `{name}` is listed twice; each needs a unique name")]
    Twice { name: String, type_name: &'static str },
    #[error("a {type_name} has an empty name; each needs a unique name")]
    Unnamed { type_name: &'static str },
    #[error("the {type_name} `{name}` has the same tags as `{other}`; each needs unique tags{}", case_hint(.name, .other))]
    EqualTags { name: String, other: String, type_name: &'static str },
    #[error("the {type_name} `{name}` has a tag that cannot be used")]
    Tag { name: String, type_name: &'static str, source: TagError },
}

/// Stands for the name of a subject whose name is empty, so that messages about it are readable.
const NO_NAME: &str = "(no name)";

/// Says why the tags are the same, if the names differ only in case. Otherwise empty.
fn case_hint(name: &str, other: &str) -> &'static str {
    if name.to_lowercase() == other.to_lowercase() { ", and tags are in lower case" } else { "" }
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
// Without the attribute, the compiler explains that an argument is not a subject, although few arguments have to be one.
#[diagnostic::do_not_recommend]
impl<S: Subject> FromContext for S {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let actual = context.subject_type().unwrap_or_default();
        Err(WrongSubjectType { requested: short_type_name::<S>(), actual }.into())
    }
}

impl AnySubject {
    fn new<S: Subject>(name: String, subject: &S) -> Self {
        if name.is_empty() {
            let label = Arc::new(SubjectLabel { name: NO_NAME.to_owned(), tags: BTreeSet::new() });
            let error = SubjectError::Unnamed { type_name: short_type_name::<S>() };
            let value = SubjectValue::new(subject.clone());
            return Self { label, value, error: Some(SharedError::new(error)) };
        }
        let (tags, error) = match subject.tags() {
            Ok(tags) => (tags.into_iter().collect(), None),
            Err(source) => {
                let (name, type_name) = (name.clone(), short_type_name::<S>());
                (BTreeSet::new(), Some(SharedError::new(SubjectError::Tag { name, type_name, source })))
            }
        };
        let label = Arc::new(SubjectLabel { name, tags });
        Self { label, value: SubjectValue::new(subject.clone()), error }
    }

    /// Records why the subject cannot be used, unless a reason is already recorded.
    fn refuse(&mut self, error: SubjectError) {
        self.error.get_or_insert_with(|| SharedError::new(error));
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

/// The subjects with their labels, each name once. A blank name counts as empty. No data if there are no subjects.
fn labelled<S: Subject>(subjects: &Subjects<S>) -> Result<Vec<AnySubject>, Unavailable> {
    let type_name = short_type_name::<S>();
    if subjects.0.is_empty() {
        return Err(Unavailable::no_data(format!("there are no subjects of the type {type_name}")));
    }
    let mut positions = HashMap::with_capacity(subjects.0.len());
    let mut labelled = Vec::<AnySubject>::with_capacity(subjects.0.len());
    for subject in subjects {
        let name = Some(subject.to_string()).filter(|name| !name.trim().is_empty()).unwrap_or_default();
        if let Some(position) = positions.get(&name) {
            let first: &mut AnySubject = &mut labelled[*position];
            first.refuse(SubjectError::Twice { name, type_name });
            continue;
        }
        positions.insert(name.clone(), labelled.len());
        labelled.push(AnySubject::new(name, subject));
    }
    refuse_equal_tags(&mut labelled, type_name);
    Ok(labelled)
}

/// Refuses the subjects that have the same tags as another one: their series would be the same.
fn refuse_equal_tags(subjects: &mut [AnySubject], type_name: &'static str) {
    let mut last_with_tags = HashMap::new();
    let mut equal = Vec::new();
    for (position, subject) in subjects.iter().enumerate() {
        // A subject with an error has no series.
        if subject.error.is_none()
            && let Some(previous) = last_with_tags.insert(subject.label.tags.clone(), position)
        {
            equal.extend([(previous, position), (position, previous)]);
        }
    }
    for (position, other) in equal {
        let (name, other) = (subjects[position].label.name.clone(), subjects[other].label.name.clone());
        subjects[position].refuse(SubjectError::EqualTags { name, other, type_name });
    }
}
