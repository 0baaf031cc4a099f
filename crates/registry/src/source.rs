//! Sources of metrics that are known only at run time, such as the columns of a SQL view or the results of a query. A
//! source returns the facts of the metrics together with their readings.

use std::{fmt, sync::Arc, time::Duration};

use futures::future::BoxFuture;

use crate::{Context, Facts, ItemError, Location, Reading, Unavailable};

type CollectAllFn =
    dyn Fn(Context) -> BoxFuture<'static, Result<Vec<DescribedReading>, Unavailable>> + Send + Sync;

/// Returns metrics together with their readings. Cheap to clone.
///
/// Write a function with [`#[system_health_source]`](macro@crate::system_health_source), or call [`Source::new`] for a
/// source that the settings describe.
#[derive(Clone)]
pub struct Source {
    name: Arc<str>,
    description: Arc<str>,
    location: Location,
    timeout: Option<Duration>,
    collect: Arc<CollectAllFn>,
}

/// A metric that a source returns: its facts, and its reading or why it has none.
#[derive(Debug, Clone)]
pub struct DescribedReading {
    /// The facts. The rules are the same as for the attribute.
    pub facts: Facts,
    /// The reading, or why there is none.
    pub result: Result<Reading, Unavailable>,
}

/// The outcome of a source in a run. Its metrics have outcomes of their own.
#[derive(Debug, Clone)]
pub struct SourceOutcome {
    /// The source's name.
    pub name: Arc<str>,
    /// Where the source was registered.
    pub location: Location,
    /// The number of metrics that it returned, or why it returned none.
    pub result: Result<usize, Unavailable>,
    /// The keys of the metrics that it returned and that have an outcome.
    pub returned: Vec<String>,
    /// Why metrics were refused, such as a key that is used elsewhere. Also, why goals in the settings could not replace the
    /// goals of metrics.
    pub refused: Vec<ItemError>,
    /// Whether the keys of all metrics that it returned are known. They are not if the source failed, or if a key is not valid.
    /// Keys that the filters leave out are not checked.
    pub knows_all_keys: bool,
    /// How long the collection took.
    pub duration: Duration,
}

impl Source {
    /// A source with a unique name and a function that collects.
    pub fn new<C>(name: &str, description: &str, location: Location, collect: C) -> Self
    where
        C: Fn(Context) -> BoxFuture<'static, Result<Vec<DescribedReading>, Unavailable>>
            + Send
            + Sync
            + 'static,
    {
        Self {
            name: name.into(),
            description: description.into(),
            location,
            timeout: None,
            collect: Arc::new(collect),
        }
    }

    /// Sets the maximum time of one collection. Default: the engine's, [`DEFAULT_TIMEOUT`](crate::DEFAULT_TIMEOUT).
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The name, such as `warehouse`.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// What the source returns; for a function, its doc comment.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Where the source was registered.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// The maximum time of one collection, if the source has its own.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    pub(crate) fn collect(
        &self,
        context: Context,
    ) -> BoxFuture<'static, Result<Vec<DescribedReading>, Unavailable>> {
        (self.collect)(context)
    }
}

impl DescribedReading {
    /// A metric with its reading. The reading has a type that a collector can return: a number, samples, no data or an
    /// error.
    pub fn new<R: crate::IntoReading>(facts: Facts, reading: R) -> Self {
        Self { facts, result: reading.into_reading() }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("name", &self.name)
            .field("location", &self.location)
            .finish_non_exhaustive()
    }
}
