//! A metric: its facts, its location in the code, its subjects, and how it is collected.

use std::{any::TypeId, fmt, ops::Deref, sync::Arc};

use futures::future::BoxFuture;

use crate::{
    Context, Facts, Goal, Location, OptionError, Reading, Subject, TwoMetricGoal, Unavailable,
    subject::SubjectType,
};

/// Collects one reading. Takes its resources from the [`Context`].
pub(crate) type CollectFn = dyn Fn(Context) -> BoxFuture<'static, Result<Reading, Unavailable>> + Send + Sync;

/// A metric that a run can collect. Cheap to clone.
///
/// A metric dereferences to its [`Facts`], so `metric.key()` is its key.
#[derive(Clone)]
pub struct Metric {
    facts: Arc<Facts>,
    /// The facts before the settings replaced the goal.
    declared_facts: Arc<Facts>,
    location: Arc<Location>,
    collected_by: CollectedBy,
}

/// What collects a metric.
#[derive(Clone)]
pub(crate) enum CollectedBy {
    /// A function, once a run or once for each subject.
    Function { collect: Arc<CollectFn>, subject_type: Option<SubjectType> },
    /// A source, together with other metrics.
    Source(Arc<str>),
    /// Nothing: its values are calculated from two other metrics, which have a goal together.
    TwoMetricGoal { goal: Arc<TwoMetricGoal>, subject_type: Option<&'static str> },
}

impl Metric {
    /// A metric without subjects, which is collected once a run. Call this for a metric that settings or another system
    /// describe, and add it to a [`Catalog`](crate::Catalog). Code that the attribute generates also calls it.
    pub fn new<C>(facts: Facts, location: Location, collect: C) -> Self
    where
        C: Fn(Context) -> BoxFuture<'static, Result<Reading, Unavailable>> + Send + Sync + 'static,
    {
        let collected_by = CollectedBy::Function { collect: Arc::new(collect), subject_type: None };
        Self::with_facts(facts, location, collected_by)
    }

    /// A metric that a source has described.
    pub(crate) fn described(facts: Facts, source: &Arc<str>) -> Self {
        let location = Location::described_by(format!("the source `{source}`"));
        Self::with_facts(facts, location, CollectedBy::Source(Arc::clone(source)))
    }

    /// A metric for the result of a goal of two metrics, so that the result is judged and shown like any other metric. It is
    /// not collected and not part of a catalog. The key in `facts` is the name of the goal. `subjects_of` is a metric with the
    /// same subjects, or `None` if there are no subjects.
    #[must_use]
    pub fn of_two_metric_goal(facts: Facts, goal: TwoMetricGoal, subjects_of: Option<&Self>) -> Self {
        let facts = facts.with_goal(goal.goal());
        let location = Location::described_by(format!("the goal `{goal}`"));
        let subject_type = subjects_of.and_then(Self::subject_type);
        let collected_by = CollectedBy::TwoMetricGoal { goal: Arc::new(goal), subject_type };
        Self::with_facts(facts, location, collected_by)
    }

    fn with_facts(facts: Facts, location: Location, collected_by: CollectedBy) -> Self {
        let facts = Arc::new(facts);
        Self { declared_facts: Arc::clone(&facts), facts, location: Arc::new(location), collected_by }
    }

    /// Collects the metric once for each subject of a type. Has no effect on a metric that no function collects: one of a
    /// source, or one for a goal of two metrics.
    #[must_use]
    pub fn each<S: Subject>(mut self) -> Self {
        if let CollectedBy::Function { subject_type, .. } = &mut self.collected_by {
            *subject_type = Some(SubjectType::new::<S>());
        }
        self
    }

    /// Replaces the goal, or removes it. See [`Facts::replace_goal`].
    pub(crate) fn replace_goal(&mut self, goal: Option<Goal>) -> Result<(), OptionError> {
        self.facts = Arc::new(Facts::clone(&self.facts).replace_goal(goal)?);
        Ok(())
    }

    /// The facts.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The facts as the code or the source states them, before [`Catalog::with_goals`](crate::Catalog::with_goals) replaced
    /// the goal.
    #[must_use]
    pub fn declared_facts(&self) -> &Facts {
        &self.declared_facts
    }

    /// Where the metric was registered, or what described it.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Whether the metric is collected for each subject of the type `S`.
    #[must_use]
    pub fn is_about<S: Subject>(&self) -> bool {
        let CollectedBy::Function { subject_type: Some(subject_type), .. } = &self.collected_by else {
            return false;
        };
        subject_type.id == TypeId::of::<S>()
    }

    /// The type name of the metric's subjects, such as `Repository`.
    #[must_use]
    pub fn subject_type(&self) -> Option<&'static str> {
        match &self.collected_by {
            CollectedBy::Function { subject_type, .. } => subject_type.map(|subject_type| subject_type.name),
            CollectedBy::Source(_) => None,
            CollectedBy::TwoMetricGoal { subject_type, .. } => *subject_type,
        }
    }

    /// The name of the source that described the metric, if one did.
    #[must_use]
    pub fn source(&self) -> Option<&Arc<str>> {
        match &self.collected_by {
            CollectedBy::Function { .. } | CollectedBy::TwoMetricGoal { .. } => None,
            CollectedBy::Source(source) => Some(source),
        }
    }

    /// The goal of two metrics, if this metric is for the result of such a goal.
    #[must_use]
    pub fn two_metric_goal(&self) -> Option<&TwoMetricGoal> {
        match &self.collected_by {
            CollectedBy::Function { .. } | CollectedBy::Source(_) => None,
            CollectedBy::TwoMetricGoal { goal, .. } => Some(goal),
        }
    }

    /// The goal as text, such as `< 5`. A goal of two metrics includes both, such as `ci.errors / ci.runs < 0.1`.
    #[must_use]
    pub fn condition(&self) -> Option<String> {
        let goal = self.two_metric_goal().map(ToString::to_string);
        goal.or_else(|| self.facts.goal().map(|goal| goal.to_string()))
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
            .field("subject_type", &self.subject_type())
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
