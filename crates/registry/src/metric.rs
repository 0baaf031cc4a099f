//! A metric: its facts, its location in the code, its subjects, and how it is collected.

use std::{fmt, ops::Deref, sync::Arc};

use futures::future::BoxFuture;

use crate::{Context, Facts, Location, Reading, Subject, Unavailable, subject::SubjectType};

/// Collects one reading. Takes its resources from the [`Context`].
pub(crate) type CollectFn = dyn Fn(Context) -> BoxFuture<'static, Result<Reading, Unavailable>> + Send + Sync;

/// A metric that a run can collect. Cheap to clone.
///
/// A metric dereferences to its [`Facts`], so `metric.key()` is its key.
#[derive(Clone)]
pub struct Metric {
    facts: Arc<Facts>,
    location: Arc<Location>,
    collected_by: CollectedBy,
}

/// What collects a metric.
#[derive(Clone)]
pub(crate) enum CollectedBy {
    /// A function, once a run or once for each subject.
    Function { collect: Arc<CollectFn>, subject: Option<SubjectType> },
    /// A source, together with other metrics.
    Source(Arc<str>),
}

impl Metric {
    /// A metric without subjects, which is collected once a run. Call this for a metric that settings or another system
    /// describe, and add it to a [`Catalog`](crate::Catalog). Code that the attribute generates also calls it.
    pub fn new<C>(facts: Facts, location: Location, collect: C) -> Self
    where
        C: Fn(Context) -> BoxFuture<'static, Result<Reading, Unavailable>> + Send + Sync + 'static,
    {
        let collected_by = CollectedBy::Function { collect: Arc::new(collect), subject: None };
        Self { facts: Arc::new(facts), location: Arc::new(location), collected_by }
    }

    /// A metric that a source has described.
    pub(crate) fn described(facts: Facts, source: &Arc<str>) -> Self {
        let location = Location::described_by(format!("the source `{source}`"));
        Self {
            facts: Arc::new(facts),
            location: Arc::new(location),
            collected_by: CollectedBy::Source(Arc::clone(source)),
        }
    }

    /// Collects the metric once for each subject of a type. Has no effect on a metric of a source.
    #[must_use]
    pub fn each<S: Subject>(mut self) -> Self {
        if let CollectedBy::Function { subject, .. } = &mut self.collected_by {
            *subject = Some(SubjectType::new::<S>());
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

    /// The type name of the metric's subjects, such as `Repository`.
    #[must_use]
    pub fn subject_type(&self) -> Option<&'static str> {
        match &self.collected_by {
            CollectedBy::Function { subject, .. } => subject.map(|subject| subject.name),
            CollectedBy::Source(_) => None,
        }
    }

    /// The name of the source that described the metric, if one did.
    #[must_use]
    pub fn source(&self) -> Option<&Arc<str>> {
        match &self.collected_by {
            CollectedBy::Function { .. } => None,
            CollectedBy::Source(source) => Some(source),
        }
    }

    pub(crate) fn collected_by(&self) -> &CollectedBy {
        &self.collected_by
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

/// Registers a [`Metric`] when the program is linked, like the attribute.
///
/// ```
/// use system_health_registry::{Catalog, Facts, IntoReading, Metric, location, register_metric};
///
/// register_metric!(Metric::new(Facts::new("dice.sides", "Sides of a die."), location!(), |_| {
///     Box::pin(async { 6.into_reading() })
/// }));
///
/// let catalog = Catalog::linked().unwrap();
/// assert!(catalog.metrics().iter().any(|metric| metric.key() == "dice.sides"));
/// ```
#[macro_export]
macro_rules! register_metric {
    ($metric:expr) => {
        $crate::__private::inventory::submit! { $crate::__private::Registration(|| ::core::result::Result::Ok($metric)) }
    };
}
