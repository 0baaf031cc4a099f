//! The metrics that a run may choose from. The attribute registers them when a program is linked; a catalog collects
//! them and refuses what no macro can see, such as one key in two crates.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
    sync::Arc,
};

use crate::{
    __private::{Registration, SourceRegistration},
    Alias, Described, Facts, ItemError, Location, Metric, Reading, Source, Unavailable,
    check::{MetricError, check},
};

inventory::collect!(Registration);
inventory::collect!(SourceRegistration);

/// Valid metrics with distinct keys, in the order of their keys, and the sources of further ones.
#[derive(Clone)]
pub struct Catalog {
    metrics: Vec<Metric>,
    sources: Vec<Source>,
    /// Conditions that the keys of a source's metrics have to meet, too.
    conditions: Vec<Arc<Condition>>,
}

/// Whether a key is wanted.
type Condition = dyn Fn(&str) -> bool + Send + Sync;

/// A metric of a source, and what was found.
type Found = (Metric, Result<Reading, Unavailable>);

/// Why metrics make no catalog.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// There are no metrics.
    #[error(
        "no metrics are linked into this program; name the crate that registers them, \
         with `use the_crate as _;` in the binary"
    )]
    Empty,
    /// Two metrics have one key.
    #[error("the key `{key}` is registered twice, in {first} and in {second}; rename one of them")]
    Duplicate {
        /// The key.
        key: String,
        /// One place.
        first: Location,
        /// The other place.
        second: Location,
    },
    /// A former key of a metric is in use elsewhere.
    #[error(
        "`{alias}`, the alias of the metric in {first}, is also a key or an alias in {second}; their values \
         would mix, so remove one of them"
    )]
    Alias {
        /// The former key.
        alias: String,
        /// Where it is an alias.
        first: Location,
        /// Where else it is used.
        second: Location,
    },
    /// A metric breaks a rule.
    #[error("a metric in {location} is not valid")]
    Invalid {
        /// Where the metric is registered.
        location: Location,
        /// The rule.
        #[source]
        cause: MetricError,
    },
    /// Two sources have one name.
    #[error("the source `{name}` is registered twice, in {first} and in {second}; rename one of them")]
    DuplicateSource {
        /// The name.
        name: String,
        /// One place.
        first: Location,
        /// The other place.
        second: Location,
    },
}

impl Catalog {
    /// The metrics and sources that are linked into this program.
    pub fn linked() -> Result<Self, CatalogError> {
        let metrics = inventory::iter::<Registration>.into_iter().map(|registration| (registration.0)());
        let sources =
            inventory::iter::<SourceRegistration>.into_iter().map(|registration| (registration.0)());
        Self::of(metrics.collect(), sources.collect())
    }

    /// A catalog of the given metrics, for tests and for programs that choose themselves.
    pub fn new(metrics: impl IntoIterator<Item = Metric>) -> Result<Self, CatalogError> {
        Self::of(metrics.into_iter().collect(), Vec::new())
    }

    /// Adds metrics, for example such as the settings describe.
    pub fn with_metrics(self, metrics: impl IntoIterator<Item = Metric>) -> Result<Self, CatalogError> {
        Ok(Self {
            conditions: self.conditions,
            ..Self::of(self.metrics.into_iter().chain(metrics).collect(), self.sources)?
        })
    }

    /// Adds sources.
    pub fn with_sources(self, sources: impl IntoIterator<Item = Source>) -> Result<Self, CatalogError> {
        Ok(Self {
            conditions: self.conditions,
            ..Self::of(self.metrics, self.sources.into_iter().chain(sources).collect())?
        })
    }

    /// Adds metrics that a source has described in an earlier run. Those that are not valid any more, or whose keys are
    /// in use now, are left out, and so are all if there is no such source.
    #[must_use]
    pub fn with_described(mut self, source: &str, facts: impl IntoIterator<Item = Facts>) -> Self {
        let Some(source) = self.sources.iter().find(|known| &**known.name() == source).cloned() else {
            return self;
        };
        let mut used = used_keys(&self.metrics);
        for facts in facts {
            if accept(&facts, &mut used).is_ok() && self.wants(facts.key()) {
                self.metrics.push(Metric::described(facts, source.name()));
            }
        }
        self.metrics.sort_by(|one, other| one.key().cmp(other.key()));
        self
    }

    fn of(mut metrics: Vec<Metric>, mut sources: Vec<Source>) -> Result<Self, CatalogError> {
        if metrics.is_empty() && sources.is_empty() {
            return Err(CatalogError::Empty);
        }
        let place = |location: &Location| (location.crate_name().map(str::to_owned), location.line());
        metrics.sort_by_cached_key(|metric| (metric.key().to_owned(), place(metric.location())));
        sources.sort_by_cached_key(|source| (Arc::clone(source.name()), place(source.location())));
        for metric in &metrics {
            check(metric)
                .map_err(|cause| CatalogError::Invalid { location: metric.location().clone(), cause })?;
        }
        if let Some(pair) = metrics.windows(2).find(|pair| pair[0].key() == pair[1].key()) {
            let (first, second) = (pair[0].location().clone(), pair[1].location().clone());
            return Err(CatalogError::Duplicate { key: pair[0].key().to_owned(), first, second });
        }
        if let Some(pair) = sources.windows(2).find(|pair| pair[0].name() == pair[1].name()) {
            let (first, second) = (pair[0].location().clone(), pair[1].location().clone());
            return Err(CatalogError::DuplicateSource { name: pair[0].name().to_string(), first, second });
        }
        check_aliases(&metrics)?;
        Ok(Self { metrics, sources, conditions: Vec::new() })
    }

    /// The metrics, in the order of their keys. Those of sources are among them as far as they were described.
    #[must_use]
    pub fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    /// The sources, in the order of their names.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Keeps the metrics whose key the condition accepts, also of those that sources will describe. A source of which
    /// metrics are known and none is kept is left out. An empty catalog is no error here.
    #[must_use]
    pub fn filter(mut self, keep: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        let known: HashSet<_> = self.metrics.iter().filter_map(Metric::source).cloned().collect();
        self.metrics.retain(|metric| keep(metric.key()));
        let kept: HashSet<_> = self.metrics.iter().filter_map(Metric::source).cloned().collect();
        self.sources.retain(|source| kept.contains(source.name()) || !known.contains(source.name()));
        self.conditions.push(Arc::new(keep));
        self
    }

    /// The metrics that a source is known to have.
    pub(crate) fn described_by(&self, source: &Source) -> impl Iterator<Item = &Metric> {
        self.metrics.iter().filter(move |metric| metric.source() == Some(source.name()))
    }

    /// What a source has returned, as metrics with their results, and those that are refused. A metric that is known
    /// of the source and was not returned has no data.
    pub(crate) fn accept(&self, source: &Source, described: Vec<Described>) -> (Vec<Found>, Vec<ItemError>) {
        let own = |metric: &&Metric| metric.source() != Some(source.name());
        let mut used = used_keys(self.metrics.iter().filter(own));
        let (mut accepted, mut refused) = (BTreeMap::new(), Vec::new());
        for Described { facts, result } in described {
            match accept(&facts, &mut used) {
                Err(refusal) => refused.push(ItemError::new(refusal)),
                Ok(()) if self.wants(facts.key()) => {
                    accepted
                        .insert(facts.key().to_owned(), (Metric::described(facts, source.name()), result));
                }
                Ok(()) => {}
            }
        }
        for metric in self.described_by(source) {
            accepted.entry(metric.key().to_owned()).or_insert_with(|| {
                let reason = format!("the source `{}` did not return it in this run", source.name());
                (metric.clone(), Err(Unavailable::no_data(reason)))
            });
        }
        (accepted.into_values().collect(), refused)
    }

    fn wants(&self, key: &str) -> bool {
        self.conditions.iter().all(|condition| condition(key))
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalog")
            .field("metrics", &self.metrics)
            .field("sources", &self.sources)
            .finish_non_exhaustive()
    }
}

/// Why a metric that a source described is refused.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("a metric is not valid")]
    Invalid(#[source] MetricError),
    #[error("the key `{0}` is in use elsewhere, or returned twice")]
    Used(String),
}

/// Checks the facts of one more metric, and takes its keys.
fn accept(facts: &Facts, used: &mut HashSet<String>) -> Result<(), Refusal> {
    check(facts).map_err(Refusal::Invalid)?;
    for key in keys(facts) {
        if !used.insert(key.to_owned()) {
            return Err(Refusal::Used(key.to_owned()));
        }
    }
    Ok(())
}

fn used_keys<'m>(metrics: impl IntoIterator<Item = &'m Metric>) -> HashSet<String> {
    metrics.into_iter().flat_map(|metric| keys(metric)).map(str::to_owned).collect()
}

/// The keys under which a metric is delivered.
fn keys(facts: &Facts) -> impl Iterator<Item = &str> {
    [facts.key()].into_iter().chain(facts.alias().map(Alias::key))
}

/// Refuses an alias under which another metric delivers, too.
fn check_aliases(metrics: &[Metric]) -> Result<(), CatalogError> {
    let mut used: BTreeMap<_, _> = metrics.iter().map(|metric| (metric.key(), metric.location())).collect();
    for metric in metrics {
        let Some(alias) = metric.alias() else { continue };
        if let Some(second) = used.insert(alias.key(), metric.location()) {
            return Err(CatalogError::Alias {
                alias: alias.key().to_owned(),
                first: metric.location().clone(),
                second: second.clone(),
            });
        }
    }
    Ok(())
}
