//! Which of the linked metrics a run collects.

use globset::{Glob, GlobMatcher};
use system_health_registry::{
    Catalog, Settings, SharedError,
    self_metrics::is_self_metric,
    settings::{Known, SettingsError, SettingsTable, may_be_secret},
};

use crate::ReportSettings;

/// The metrics that match some patterns and do not match others.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    only: Patterns,
    skip: Patterns,
    /// Whether `only` matches metrics about the reporter itself.
    names_self_metrics: bool,
}

/// Compiled patterns for keys.
#[derive(Debug, Clone, Default)]
pub(crate) struct Patterns(Vec<GlobMatcher>);

/// Why metrics cannot be selected.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SelectionError {
    /// The text is not a pattern.
    #[error("`{pattern}` is not a pattern for keys")]
    Pattern {
        /// The text.
        pattern: String,
        /// Why.
        source: globset::Error,
    },
    /// A pattern matches no metric. It is a typing error, or names a metric that someone believes to be watched.
    #[error("`{pattern}` matches no metric{known}")]
    Unmatched {
        /// The list that contains the pattern.
        list: PatternList,
        /// The pattern.
        pattern: String,
        /// The keys that exist.
        known: Known,
    },
    /// No metric is left.
    #[error("the selection leaves no metric to collect")]
    Nothing,
    /// Only metrics about the reporter itself are left, and nothing is delivered.
    #[error("the selected metrics are about the reporter's deliveries, and this run delivers nothing")]
    OnlySelfMetrics,
}

/// A list of patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatternList {
    /// A metric has to match one of them.
    Only,
    /// A metric must not match any of them.
    Skip,
}

impl Selection {
    /// The metrics that match one of `only`, or all if there are none, and none of `skip`. The patterns are globs for
    /// keys, such as `commits.*`. One that matches nothing in the catalog is refused.
    pub fn new<P: AsRef<str>>(catalog: &Catalog, only: &[P], skip: &[P]) -> Result<Self, SelectionError> {
        let only = Patterns::new(catalog, PatternList::Only, only)?;
        let skip = Patterns::new(catalog, PatternList::Skip, skip)?;
        let mut keys = catalog.metrics().iter().map(|metric| metric.key());
        let names_self_metrics = keys.any(|key| is_self_metric(key) && only.match_any(key));
        Ok(Self { only, skip, names_self_metrics })
    }

    /// Skips the metrics that match further patterns.
    pub(crate) fn and_skip(mut self, skip: Patterns) -> Self {
        self.skip.extend(skip);
        self
    }

    /// Whether the reporter's own metrics are selected by name.
    pub(crate) fn names_self_metrics(&self) -> bool {
        self.names_self_metrics
    }

    /// The selected metrics. An empty selection is refused.
    pub fn select(&self, catalog: Catalog) -> Result<Catalog, SelectionError> {
        let selected = self.filter(catalog);
        if selected.metrics().is_empty() && selected.sources().is_empty() {
            return Err(SelectionError::Nothing);
        }
        Ok(selected)
    }

    /// The selected metrics, or none.
    pub(crate) fn filter(&self, catalog: Catalog) -> Catalog {
        let Self { only, skip, .. } = self.clone();
        catalog.filter(move |key| (only.0.is_empty() || only.match_any(key)) && !skip.match_any(key))
    }

    /// The selected ones of the metrics about the reporter itself. They are a part of every push, so patterns for other
    /// metrics keep all of them.
    pub(crate) fn filter_self_metrics(&self, catalog: Catalog) -> Catalog {
        if self.names_self_metrics { self.filter(catalog) } else { self.skip.exclude_from(catalog) }
    }
}

/// The metrics that `skip` in `[report]` does not exclude. A pattern that matches nothing in the catalog is refused with its
/// place in the file.
pub fn without_skipped(catalog: Catalog, settings: &Settings) -> Result<Catalog, SettingsError> {
    let report: ReportSettings = settings.table()?;
    Ok(Patterns::from_settings(&catalog, settings, &report.skip)?.exclude_from(catalog))
}

impl Patterns {
    /// Compiles `skip` in `[report]`.
    pub(crate) fn from_settings(
        catalog: &Catalog,
        settings: &Settings,
        skip: &[String],
    ) -> Result<Self, SettingsError> {
        let mut all = Self::default();
        for (index, pattern) in skip.iter().enumerate() {
            let compiled = Self::new(catalog, PatternList::Skip, &[pattern]);
            all.extend(compiled.map_err(|error| settings_error(settings, format!("skip[{index}]"), error))?);
        }
        Ok(all)
    }

    /// Compiles globs. One that matches nothing in the catalog is refused.
    pub(crate) fn new<P: AsRef<str>>(
        catalog: &Catalog,
        list: PatternList,
        patterns: &[P],
    ) -> Result<Self, SelectionError> {
        let keys = || catalog.metrics().iter().map(|metric| metric.key());
        let compiled = patterns.iter().map(|pattern| {
            let pattern = pattern.as_ref();
            let shown = || if may_be_secret(pattern) { "...".to_owned() } else { pattern.to_owned() };
            let glob =
                Glob::new(pattern).map_err(|source| SelectionError::Pattern { pattern: shown(), source })?;
            let matcher = glob.compile_matcher();
            // Not all keys of a source are known.
            if catalog.sources().is_empty() && !keys().any(|key| matcher.is_match(key)) {
                let known = Known::nearest_to(pattern, keys());
                return Err(SelectionError::Unmatched { list, pattern: shown(), known });
            }
            Ok(matcher)
        });
        Ok(Self(compiled.collect::<Result<_, _>>()?))
    }

    pub(crate) fn extend(&mut self, more: Self) {
        self.0.extend(more.0);
    }

    fn exclude_from(&self, catalog: Catalog) -> Catalog {
        let skip = self.clone();
        catalog.filter(move |key| !skip.match_any(key))
    }

    fn match_any(&self, key: &str) -> bool {
        self.0.iter().any(|matcher| matcher.is_match(key))
    }
}

fn settings_error(settings: &Settings, path: String, error: SelectionError) -> SettingsError {
    let table = ReportSettings::NAME.to_owned();
    let message = SharedError::new(error).to_string();
    match settings.origin::<ReportSettings>(&path) {
        Some(origin) => SettingsError::Value { origin, table, path, message },
        None => SettingsError::Table { table, message },
    }
}
