//! The metrics that a run may collect. The attribute registers them when a program is linked. A catalog gathers them and
//! makes the checks that no macro can make, such as whether two crates use the same key.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
    sync::Arc,
    time::Duration,
};

use crate::{
    __private::{GateRegistration, Registration, SourceRegistration},
    Alias, DescribedReading, Facts, Gate, Goal, ItemError, Location, Metric, OptionError, Reading, Source,
    Unavailable, duration_in_words,
    self_metrics::{RESERVED_PREFIX, ReservedKeyError, is_self_metric},
};

inventory::collect!(Registration);
inventory::collect!(SourceRegistration);
inventory::collect!(GateRegistration);

/// Valid metrics with distinct keys, sorted by key, and the sources of further metrics.
#[derive(Clone)]
pub struct Catalog {
    metrics: Vec<Metric>,
    sources: Vec<Source>,
    /// Filters that also apply to the metrics that sources return later.
    filters: Vec<Arc<KeyFilter>>,
    /// Goals that replace the goals in the facts, by key. They also apply to the metrics that sources return later.
    goals: GoalReplacements,
    gates: Vec<&'static dyn Gate>,
    /// How long a metric is remembered after a source has returned it last.
    remembered_for: Option<Duration>,
}

/// Decides by its key whether a metric is kept.
type KeyFilter = dyn Fn(&str) -> bool + Send + Sync;

/// Goals by the keys of their metrics. `None` removes a goal.
type GoalReplacements = BTreeMap<String, Option<Goal>>;

/// A metric of a source with its result.
type SourceResult = (Metric, Result<Reading, Unavailable>);

/// Why a catalog was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// There are neither metrics nor sources.
    #[error(
        "no metrics are linked into this program; add `use the_crate as _;` to the binary, \
         with the name of the crate that registers them"
    )]
    Empty,
    /// Two metrics have the same key.
    #[error("the key `{key}` is registered twice, in {first} and in {second}; rename one of them")]
    Duplicate {
        /// The key.
        key: String,
        /// Where it is registered first.
        first: Location,
        /// Where it is registered again.
        second: Location,
    },
    /// The alias of a metric is also the key or the alias of another metric.
    #[error(
        "`{alias}`, the alias of the metric in {first}, is also a key or an alias in {second}; remove one of them, \
         because their values would be mixed"
    )]
    Alias {
        /// The former key.
        alias: String,
        /// Where it is an alias.
        first: Location,
        /// Where else it is used.
        second: Location,
    },
    /// The facts of a metric break rules.
    #[error("a metric in {location} is not valid: {}", in_one_line(.errors))]
    Invalid {
        /// Where the metric is registered.
        location: Location,
        /// What is wrong; at least one error.
        errors: Vec<OptionError>,
    },
    /// The key or the alias of a metric is reserved for the metrics about the reporter.
    #[error("a metric in {location} is not valid: {error}")]
    Reserved {
        /// Where the metric is registered.
        location: Location,
        /// The key, and what would be right.
        error: ReservedKeyError,
    },
    /// Two sources have the same name.
    #[error("the source `{name}` is registered twice, in {first} and in {second}; rename one of them")]
    DuplicateSource {
        /// The name.
        name: String,
        /// Where it is registered first.
        first: Location,
        /// Where it is registered again.
        second: Location,
    },
}

impl Catalog {
    /// The metrics, sources and gates that are linked into this program.
    pub fn linked() -> Result<Self, CatalogError> {
        let metrics = inventory::iter::<Registration>.into_iter().map(|registration| (registration.0)());
        let sources =
            inventory::iter::<SourceRegistration>.into_iter().map(|registration| (registration.0)());
        let gates = inventory::iter::<GateRegistration>.into_iter().map(|registration| registration.0);
        Ok(Self {
            gates: gates.collect(),
            ..Self::from_parts(metrics.collect::<Result<_, _>>()?, sources.collect())?
        })
    }

    /// A catalog of the given metrics, for tests and for programs that choose their metrics.
    pub fn new(metrics: impl IntoIterator<Item = Metric>) -> Result<Self, CatalogError> {
        Self::from_parts(metrics.into_iter().collect(), Vec::new())
    }

    /// A catalog of the given sources. Their metrics are known after a run.
    pub fn from_sources(sources: impl IntoIterator<Item = Source>) -> Result<Self, CatalogError> {
        Self::from_parts(Vec::new(), sources.into_iter().collect())
    }

    /// Adds metrics, for example metrics that the settings describe. Filters and goals that were set earlier do not apply to them.
    pub fn with_metrics(self, metrics: impl IntoIterator<Item = Metric>) -> Result<Self, CatalogError> {
        Ok(Self {
            filters: self.filters,
            goals: self.goals,
            gates: self.gates,
            remembered_for: self.remembered_for,
            ..Self::from_parts(self.metrics.into_iter().chain(metrics).collect(), self.sources)?
        })
    }

    /// Adds a gate, which may skip metrics.
    #[must_use]
    pub fn with_gate(mut self, gate: &'static dyn Gate) -> Self {
        self.gates.push(gate);
        self
    }

    /// Adds sources.
    pub fn with_sources(self, sources: impl IntoIterator<Item = Source>) -> Result<Self, CatalogError> {
        Ok(Self {
            filters: self.filters,
            goals: self.goals,
            gates: self.gates,
            remembered_for: self.remembered_for,
            ..Self::from_parts(self.metrics, self.sources.into_iter().chain(sources).collect())?
        })
    }

    /// Adds metrics that a source has described in an earlier run. A metric is left out if it is no longer valid, if its
    /// key is now used elsewhere, if a filter does not accept its key, or if the source no longer exists.
    #[must_use]
    pub fn with_described_metrics(mut self, source: &str, facts: impl IntoIterator<Item = Facts>) -> Self {
        let Some(source) = self.sources.iter().find(|known| &**known.name() == source).cloned() else {
            return self;
        };
        let (elsewhere, mut described) = (used_keys(&self.metrics), HashSet::new());
        for facts in facts {
            if reserve_keys(&facts, &elsewhere, &mut described).is_ok() && self.is_kept(facts.key()) {
                let mut metric = Metric::described(facts, source.name());
                // If a goal does not fit the kind, the next run reports it.
                let _ = self.replace_goal(&mut metric);
                self.metrics.push(metric);
            }
        }
        self.metrics.sort_by(|one, other| one.key().cmp(other.key()));
        self
    }

    /// Sets how long a metric is remembered after a source has returned it last. A remembered metric that its source does not
    /// return has no data, and the reason names this time.
    #[must_use]
    pub fn remembering_for(mut self, time: Duration) -> Self {
        self.remembered_for = Some(time);
        self
    }

    fn from_parts(mut metrics: Vec<Metric>, mut sources: Vec<Source>) -> Result<Self, CatalogError> {
        if metrics.is_empty() && sources.is_empty() {
            return Err(CatalogError::Empty);
        }
        let crate_and_line =
            |location: &Location| (location.crate_name().map(str::to_owned), location.file_and_line());
        metrics.sort_by_cached_key(|metric| (metric.key().to_owned(), crate_and_line(metric.location())));
        sources.sort_by_cached_key(|source| (Arc::clone(source.name()), crate_and_line(source.location())));
        for metric in &metrics {
            metric.check().map_err(|error| CatalogError::Invalid {
                location: metric.location().clone(),
                errors: vec![error],
            })?;
            check_reserved(keys(metric).filter(|key| !is_self_metric(key)))
                .map_err(|error| CatalogError::Reserved { location: metric.location().clone(), error })?;
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
        Ok(Self {
            metrics,
            sources,
            filters: Vec::new(),
            goals: GoalReplacements::new(),
            gates: Vec::new(),
            remembered_for: None,
        })
    }

    /// The metrics, sorted by key. They include the remembered metrics of sources.
    #[must_use]
    pub fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    /// The sources, sorted by name.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The gates.
    pub(crate) fn gates(&self) -> &[&'static dyn Gate] {
        &self.gates
    }

    /// Keeps the metrics whose keys a filter accepts, including the metrics that sources will return. A source is removed
    /// if it has remembered metrics and none of them is kept. The catalog may become empty.
    #[must_use]
    pub fn filter(mut self, keep: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        let remembered: HashSet<_> = self.metrics.iter().filter_map(Metric::source).cloned().collect();
        self.metrics.retain(|metric| keep(metric.key()));
        let kept: HashSet<_> = self.metrics.iter().filter_map(Metric::source).cloned().collect();
        self.sources.retain(|source| kept.contains(source.name()) || !remembered.contains(source.name()));
        self.filters.push(Arc::new(keep));
        self
    }

    /// Keeps the sources whose names a filter accepts. The remembered metrics of the removed sources stay.
    #[must_use]
    pub fn filter_sources(mut self, keep: impl Fn(&str) -> bool) -> Self {
        self.sources.retain(|source| keep(source.name()));
        self
    }

    /// Removes the sources whose names a filter accepts, with their remembered metrics. The catalog may become empty.
    #[must_use]
    pub fn without_sources(mut self, is_removed: impl Fn(&str) -> bool) -> Self {
        self.sources.retain(|source| !is_removed(source.name()));
        self.metrics.retain(|metric| !metric.source().is_some_and(|source| is_removed(source)));
        self
    }

    /// Replaces the goals of metrics by their keys, or removes them where the value is `None`. This also applies to the metrics
    /// that sources will return. Keys of metrics that do not exist have no effect. Fails if there is a goal for a metric whose
    /// kind cannot have one. See [`Facts::replace_goal`] for what else changes.
    pub fn with_goals(
        mut self,
        goals: impl IntoIterator<Item = (String, Option<Goal>)>,
    ) -> Result<Self, CatalogError> {
        for (key, goal) in goals {
            if let Ok(position) = self.metrics.binary_search_by(|metric| metric.key().cmp(&key)) {
                let metric = &mut self.metrics[position];
                metric.replace_goal(goal).map_err(|error| CatalogError::Invalid {
                    location: metric.location().clone(),
                    errors: vec![error],
                })?;
            }
            self.goals.insert(key, goal);
        }
        Ok(self)
    }

    /// Keeps only the metrics that can be computed for the past. Removes all sources, because they describe the present.
    pub(crate) fn only_backfill(mut self) -> Self {
        self.sources.clear();
        self.metrics.retain(|metric| metric.can_backfill() && metric.source().is_none());
        self
    }

    /// The remembered metrics of a source.
    pub(crate) fn described_by(&self, source: &Source) -> impl Iterator<Item = &Metric> {
        self.metrics.iter().filter(move |metric| metric.source() == Some(source.name()))
    }

    /// Checks the metrics that a source has returned. Returns the accepted metrics with their results, and the errors of
    /// refused metrics and of goals that were not replaced. A refused metric that the filters leave out has no error. The result of
    /// a remembered metric that was refused is its error. A remembered metric that the source has not returned has no data.
    /// `from_others` has the keys that other sources have returned in this run. The keys of this source are added to it.
    pub(crate) fn accept(
        &self,
        source: &Source,
        described: Vec<DescribedReading>,
        from_others: &mut HashSet<String>,
    ) -> (Vec<SourceResult>, Vec<ItemError>) {
        let is_foreign = |metric: &&Metric| metric.source() != Some(source.name());
        let mut elsewhere = used_keys(self.metrics.iter().filter(is_foreign));
        elsewhere.extend(from_others.iter().cloned());
        let mut returned = HashSet::new();
        let (mut accepted, mut refused) = (BTreeMap::new(), Vec::new());
        let mut errors = BTreeMap::new();
        for DescribedReading { facts, result } in described {
            match reserve_keys(&facts, &elsewhere, &mut returned) {
                // A metric that the filters leave out is not reported.
                Err(_) if !self.is_kept(facts.key()) => {}
                Err(error) => {
                    let error = ItemError::new(error);
                    errors.entry(facts.key().to_owned()).or_insert_with(|| error.error().clone());
                    refused.push(error);
                }
                Ok(()) if self.is_kept(facts.key()) => {
                    let mut metric = Metric::described(facts, source.name());
                    if let Err(error) = self.replace_goal(&mut metric) {
                        refused.push(ItemError::new(error));
                    }
                    accepted.insert(metric.key().to_owned(), (metric, result));
                }
                Ok(()) => {}
            }
        }
        from_others.extend(returned);
        for metric in self.described_by(source) {
            accepted.entry(metric.key().to_owned()).or_insert_with(|| {
                let unavailable = errors
                    .remove(metric.key())
                    .map_or_else(|| Unavailable::no_data(self.why_not_returned(source)), Unavailable::Error);
                (metric.clone(), Err(unavailable))
            });
        }
        (accepted.into_values().collect(), refused)
    }

    /// Why a remembered metric of a source has no data, and what to do about it.
    fn why_not_returned(&self, source: &Source) -> String {
        let reason = format!("the source `{}` did not return it in this run", source.name());
        match self.remembered_for.map(duration_in_words) {
            Some(time) => format!(
                "{reason}; a metric is remembered for {time} after its source has returned it last; if it no longer exists, \
                 add it to `skip` in [report]"
            ),
            None => reason,
        }
    }

    fn replace_goal(&self, metric: &mut Metric) -> Result<(), DescribedError> {
        let Some(goal) = self.goals.get(metric.key()) else { return Ok(()) };
        metric
            .replace_goal(*goal)
            .map_err(|error| DescribedError::Goal { key: metric.key().to_owned(), error })
    }

    /// Whether the filters accept the key of a metric.
    pub(crate) fn is_kept(&self, key: &str) -> bool {
        self.filters.iter().all(|keep| keep(key))
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

/// Why a metric that a source described was refused, or its goal was not replaced.
#[derive(Debug, thiserror::Error)]
enum DescribedError {
    /// The message already names the metric.
    #[error("{}", .0.message())]
    Named(OptionError),
    #[error("`{key}` has a wrong `{}`: {}", .error.option(), .error.message())]
    Option { key: String, error: OptionError },
    #[error(transparent)]
    Reserved(#[from] ReservedKeyError),
    #[error("the key `{0}` is used elsewhere; rename one of the metrics")]
    UsedElsewhere(String),
    #[error("the key `{0}` was returned twice; rename one of the metrics")]
    ReturnedTwice(String),
    #[error("the goal of `{key}` was not replaced: {}", .error.message())]
    Goal { key: String, error: OptionError },
}

impl DescribedError {
    fn from_check(facts: &Facts, error: OptionError) -> Self {
        match error.option() {
            "key" | "description" => Self::Named(error),
            _ => Self::Option { key: facts.key().to_owned(), error },
        }
    }
}

/// Checks the facts of a metric and adds its keys to the keys that its source has returned. `elsewhere` has the keys of other
/// metrics.
fn reserve_keys(
    facts: &Facts,
    elsewhere: &HashSet<String>,
    returned: &mut HashSet<String>,
) -> Result<(), DescribedError> {
    facts.check().map_err(|error| DescribedError::from_check(facts, error))?;
    check_reserved(keys(facts))?;
    for key in keys(facts) {
        if elsewhere.contains(key) {
            return Err(DescribedError::UsedElsewhere(key.to_owned()));
        }
        if returned.contains(key) {
            return Err(DescribedError::ReturnedTwice(key.to_owned()));
        }
    }
    returned.extend(keys(facts).map(str::to_owned));
    Ok(())
}

fn used_keys<'m>(metrics: impl IntoIterator<Item = &'m Metric>) -> HashSet<String> {
    metrics.into_iter().flat_map(|metric| keys(metric)).map(str::to_owned).collect()
}

/// The keys under which a metric is delivered.
fn keys(facts: &Facts) -> impl Iterator<Item = &str> {
    [facts.key()].into_iter().chain(facts.alias().map(Alias::key))
}

/// Refuses keys that are reserved for the metrics about the reporter.
fn check_reserved<'k>(mut keys: impl Iterator<Item = &'k str>) -> Result<(), ReservedKeyError> {
    keys.find(|key| key.starts_with(RESERVED_PREFIX))
        .map_or(Ok(()), |key| Err(ReservedKeyError(key.to_owned())))
}

/// Refuses an alias that is also the key or the alias of another metric.
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

fn in_one_line(errors: &[OptionError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
