//! A metric: its facts, where it was registered, what it is about, and how it is collected.

use std::{fmt, ops::Deref, sync::Arc};

use futures::future::BoxFuture;

use crate::{Context, Facts, Location, Reading, Subject, Unavailable, subject::SubjectType};

/// What the engine calls for one reading. It asks the [`Context`] for what it needs.
pub(crate) type Collect = dyn Fn(Context) -> BoxFuture<'static, Result<Reading, Unavailable>> + Send + Sync;

/// Something that a run can collect. Cheap to clone.
///
/// A metric dereferences to its [`Facts`], so `metric.key()` is its key.
#[derive(Clone)]
pub struct Metric {
    facts: Arc<Facts>,
    location: Arc<Location>,
    origin: Origin,
}

/// Who collects a metric.
#[derive(Clone)]
pub(crate) enum Origin {
    /// A function, once a run or once for each subject.
    Function { collect: Arc<Collect>, subject: Option<SubjectType> },
    /// A source, together with others.
    Source(Arc<str>),
}

impl Metric {
    /// A metric that is about nothing in particular: it is collected once a run. The attribute calls this; call it
    /// yourself for a metric that only settings or another system know, and put it into a
    /// [`Catalog`](crate::Catalog).
    pub fn new<C>(facts: Facts, location: Location, collect: C) -> Self
    where
        C: Fn(Context) -> BoxFuture<'static, Result<Reading, Unavailable>> + Send + Sync + 'static,
    {
        let origin = Origin::Function { collect: Arc::new(collect), subject: None };
        Self { facts: Arc::new(facts), location: Arc::new(location), origin }
    }

    /// A metric that a source has described.
    pub(crate) fn described(facts: Facts, source: &Arc<str>) -> Self {
        let location = Location::described_by(format!("the source `{source}`"));
        Self {
            facts: Arc::new(facts),
            location: Arc::new(location),
            origin: Origin::Source(Arc::clone(source)),
        }
    }

    /// Collects the metric once for each subject of a type. Changes nothing for a metric of a source.
    #[must_use]
    pub fn each<S: Subject>(mut self) -> Self {
        if let Origin::Function { subject, .. } = &mut self.origin {
            *subject = Some(SubjectType::of::<S>());
        }
        self
    }

    /// The facts.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Where the metric was registered.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// The name of the type of the metric's subjects, such as `Repository`.
    #[must_use]
    pub fn subject_type(&self) -> Option<&'static str> {
        match &self.origin {
            Origin::Function { subject, .. } => subject.map(|subject| subject.name),
            Origin::Source(_) => None,
        }
    }

    /// The name of the source that described the metric, if one did.
    #[must_use]
    pub fn source(&self) -> Option<&Arc<str>> {
        match &self.origin {
            Origin::Function { .. } => None,
            Origin::Source(source) => Some(source),
        }
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }
}

impl Deref for Metric {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.facts
    }
}

impl fmt::Debug for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metric")
            .field("facts", &self.facts)
            .field("location", &self.location)
            .field("subject", &self.subject_type())
            .finish_non_exhaustive()
    }
}
