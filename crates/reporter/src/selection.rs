//! Which of the linked metrics a run collects.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use system_health_registry::{
    Catalog, KeyPattern, KeyPatternError, Metric, MetricSettings, Run, Settings,
    self_metrics::is_self_metric,
    settings::{NameSuggestions, SettingsError, SettingsTable},
};

use crate::{
    Mode, PatternList, ReportSettings, UnmatchedPattern,
    goals::unknown_metrics_with_goals,
    unmatched::{OpenPatterns, Place, redact_secret},
    with_goals_of_settings,
};

/// The metrics that a run collects: the named metrics, or all enabled metrics if none is named, without those that are skipped.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    only: Patterns,
    enable: Patterns,
    skip: Patterns,
    /// The names of the sources that do not run.
    skipped_sources: Arc<BTreeSet<String>>,
    /// The metrics that are not enabled by default.
    disabled: Arc<HashSet<String>>,
    /// Whether `only` matches metrics about the reporter itself.
    names_self_metrics: bool,
    /// The patterns that match no linked metric.
    open: OpenPatterns,
}

/// Patterns for keys. Each matches a metric of the catalog, unless the catalog has sources.
#[derive(Debug, Clone, Default)]
struct Patterns(Vec<KeyPattern>);

/// Why metrics cannot be selected.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SelectionError {
    /// The text is not a pattern.
    #[error("`{pattern}`")]
    Pattern {
        /// The text.
        pattern: String,
        /// Why.
        source: KeyPatternError,
    },
    /// A pattern matches no metric.
    #[error(transparent)]
    Unmatched(UnmatchedPattern),
    /// A source that is to be skipped does not exist.
    #[error(transparent)]
    UnknownSource(UnknownSource),
    /// No metric is left.
    #[error("the selection leaves no metric to collect")]
    Nothing,
    /// Only metrics about the reporter itself are left, and the run delivers nothing.
    #[error(
        "the selected metrics are about the reporter itself; only a run that delivers has values for them"
    )]
    OnlySelfMetrics,
}

/// No source has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no source `{}`{known}", redact_secret(.name))]
pub struct UnknownSource {
    name: String,
    known: NameSuggestions,
}

/// Whether a run collects a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// It is collected.
    Collected,
    /// It is not enabled by default, and nothing names it.
    NotEnabled,
    /// It or its source is skipped, or only other metrics are named.
    Skipped,
}

impl Selection {
    /// Selects the metrics that match a pattern in `only`, or all metrics if `only` is empty, and that match no pattern in
    /// `skip`. The patterns are globs for keys, such as `commits.*`. A pattern that matches nothing in the catalog is refused,
    /// unless the catalog has sources: then [`take_unmatched`](Self::take_unmatched) returns it after a run.
    pub fn new<P: AsRef<str>>(catalog: &Catalog, only: &[P], skip: &[P]) -> Result<Self, SelectionError> {
        let mut open = OpenPatterns::default();
        let only = Patterns::parse(catalog, PatternList::Only, only, &mut open)?;
        let skip = Patterns::parse(catalog, PatternList::Skip, skip, &mut open)?;
        let mut keys = catalog.metrics().iter().map(|metric| metric.key());
        let names_self_metrics = keys.any(|key| is_self_metric(key) && only.match_any(key));
        Ok(Self { only, skip, names_self_metrics, open, ..Self::default() })
    }

    /// Also skips the sources with these names: they do not run, and their metrics are not collected. A name that no source of
    /// the catalog has is refused.
    pub fn skip_sources<N: AsRef<str>>(
        mut self,
        catalog: &Catalog,
        names: impl IntoIterator<Item = N>,
    ) -> Result<Self, SelectionError> {
        for name in names {
            self.skip_source(catalog, name.as_ref()).map_err(SelectionError::UnknownSource)?;
        }
        Ok(self)
    }

    /// Also skips the sources that `skip_sources` in `[report]` names. A name that no source of the catalog has is refused with
    /// its place in the file. In a [shared](Settings::is_shared) file, it is ignored, because it may be for another program.
    pub fn skip_sources_of_settings(
        mut self,
        catalog: &Catalog,
        settings: &Settings,
    ) -> Result<Self, SettingsError> {
        let report = settings.table::<ReportSettings>()?;
        for (index, name) in report.skip_sources.iter().enumerate() {
            match self.skip_source(catalog, name) {
                Ok(()) => {}
                Err(error) if settings.is_shared() => {
                    tracing::debug!("`skip_sources[{index}]` in [report] is ignored: {error}");
                }
                Err(error) => {
                    return Err(settings.refuse::<ReportSettings>(&format!("skip_sources[{index}]"), error));
                }
            }
        }
        Ok(self)
    }

    fn skip_source(&mut self, catalog: &Catalog, name: &str) -> Result<(), UnknownSource> {
        let mut known = catalog.sources().iter().map(|source| &**source.name());
        if known.any(|known| known == name) {
            Arc::make_mut(&mut self.skipped_sources).insert(name.to_owned());
            return Ok(());
        }
        let known = catalog.sources().iter().map(|source| source.name().to_string());
        Err(UnknownSource { name: name.to_owned(), known: NameSuggestions::nearest_to(name, known) })
    }

    /// The names of the sources that are skipped.
    pub fn skipped_sources(&self) -> impl Iterator<Item = &str> {
        self.skipped_sources.iter().map(String::as_str)
    }

    /// Also applies the settings: `enable` in `[metrics]`, unless metrics are named by `only`, and `skip` and `skip_sources` in
    /// `[report]`. A pattern that matches nothing in the catalog is refused with its place in the file, unless the catalog has
    /// sources. In a [shared](Settings::is_shared) file, such a pattern is ignored, because it may be for another program. The
    /// patterns of `windows` and `every` in `[metrics]` are also checked.
    pub fn with_settings(self, catalog: &Catalog, settings: &Settings) -> Result<Self, SettingsError> {
        let mut selected = self.skip_sources_of_settings(catalog, settings)?;
        selected.apply_patterns(catalog, settings)?;
        Ok(selected)
    }

    fn apply_patterns(&mut self, catalog: &Catalog, settings: &Settings) -> Result<(), SettingsError> {
        let (report, metrics) = (settings.table::<ReportSettings>()?, settings.table::<MetricSettings>()?);
        let windows = metrics.windows.into_keys();
        let windows = windows.map(|pattern| (format!("windows.{pattern}"), pattern));
        self.accept_patterns::<MetricSettings>(catalog, settings, PatternList::Windows, windows)?;
        let every = metrics.every.into_keys().map(|pattern| (format!("every.{pattern}"), pattern));
        self.accept_patterns::<MetricSettings>(catalog, settings, PatternList::Every, every)?;
        let enable = numbered("enable", metrics.enable);
        self.enable =
            self.accept_patterns::<MetricSettings>(catalog, settings, PatternList::Enable, enable)?;
        let skip = numbered("skip", report.skip);
        let skip = self.accept_patterns::<ReportSettings>(catalog, settings, PatternList::Skip, skip)?;
        self.skip.0.extend(skip.0);
        if !settings.is_shared() {
            for (key, place) in unknown_metrics_with_goals(catalog, settings)? {
                self.open.add(catalog, PatternList::Goals, key, Some(place));
            }
        }
        let disabled = catalog.metrics().iter().filter(|metric| !metric.is_enabled());
        self.disabled = Arc::new(disabled.map(|metric| metric.key().to_owned()).collect());
        Ok(())
    }

    /// Returns the patterns, which are at these paths in a settings table. A pattern that matches nothing in a catalog without
    /// sources is left out if the file is shared, and otherwise refused.
    fn accept_patterns<T: SettingsTable>(
        &mut self,
        catalog: &Catalog,
        settings: &Settings,
        list: PatternList,
        patterns: impl IntoIterator<Item = (String, KeyPattern)>,
    ) -> Result<Patterns, SettingsError> {
        let mut accepted = Vec::new();
        for (path, pattern) in patterns {
            match Match::find(catalog, list, &pattern) {
                Match::Found => {}
                Match::Open if settings.is_shared() => {}
                Match::Open => {
                    let place = Place::new::<T>(settings, &path);
                    self.open.add(catalog, list, pattern.clone(), Some(place));
                }
                Match::None(error) if settings.is_shared() => {
                    tracing::debug!("`{path}` in [{}] is ignored: {error}", T::NAME);
                    continue;
                }
                Match::None(error) => return Err(settings.refuse::<T>(&path, error)),
            }
            accepted.push(pattern);
        }
        Ok(Patterns(accepted))
    }

    /// Whether a run needs a source. `known` are the keys of the metrics that the source has described before.
    ///
    /// If `only` is empty, each source is needed. Otherwise, a source is needed if a pattern in `only` matches a known key, or may
    /// still match a metric that no source has returned yet. If no key is known, a source is also needed if a pattern is a glob.
    #[must_use]
    pub fn needs_source(&self, known: &[&str]) -> bool {
        if self.only.0.is_empty() || self.open.has_open(PatternList::Only) {
            return true;
        }
        match known {
            // A pattern that is not a glob matches a linked metric, and a source cannot return the key of a linked metric.
            [] => self.only.0.iter().any(|pattern| pattern.as_str().contains(['*', '?', '[', '{'])),
            known => known.iter().any(|key| self.only.match_any(key)),
        }
    }

    /// The patterns that match no metric, if all sources of the catalog returned their metrics in this run. If a source is skipped,
    /// nobody knows whether a pattern matches one of its metrics, so no pattern is returned. Each pattern is returned only once,
    /// also by clones of the selection, so that a service reports it once.
    #[must_use]
    pub fn take_unmatched(&self, run: &Run) -> Vec<UnmatchedPattern> {
        self.open.take_unmatched(run)
    }

    /// Whether `only` matches metrics about the reporter itself.
    pub(crate) fn names_self_metrics(&self) -> bool {
        self.names_self_metrics
    }

    /// Whether a metric is collected.
    #[must_use]
    pub fn choice(&self, metric: &Metric) -> Choice {
        if metric.source().is_some_and(|source| self.skipped_sources.contains(&**source)) {
            return Choice::Skipped;
        }
        self.choice_of_key(metric.key())
    }

    fn choice_of_key(&self, key: &str) -> Choice {
        if self.skip.match_any(key) || !(self.only.0.is_empty() || self.only.match_any(key)) {
            Choice::Skipped
        } else if self.only.0.is_empty() && self.disabled.contains(key) && !self.enable.match_any(key) {
            Choice::NotEnabled
        } else {
            Choice::Collected
        }
    }

    /// The selected metrics. Fails if neither a metric nor a source that may have to run is left.
    pub fn select(&self, catalog: Catalog) -> Result<Catalog, SelectionError> {
        let selected = self.filter(catalog);
        // If no metric is left, no metric of a source is known.
        let has_source = !selected.sources().is_empty() && self.needs_source(&[]);
        if selected.metrics().is_empty() && !has_source {
            return Err(SelectionError::Nothing);
        }
        Ok(selected)
    }

    /// Checks a run that collects nothing: it must have values for selected metrics about the reporter itself.
    pub(crate) fn check_without_metrics(&self, mode: Mode) -> Result<(), SelectionError> {
        match (self.names_self_metrics, mode) {
            (false, _) => Err(SelectionError::Nothing),
            (true, Mode::Collect) => Err(SelectionError::OnlySelfMetrics),
            (true, Mode::DryRun | Mode::Push) => Ok(()),
        }
    }

    /// The selected metrics. There may be none.
    #[must_use]
    pub fn filter(&self, catalog: Catalog) -> Catalog {
        let selection = self.clone();
        let catalog = catalog.without_sources(|name| selection.skipped_sources.contains(name));
        catalog.filter(move |key| {
            selection.open.note_key(key);
            selection.keeps(key)
        })
    }

    /// Whether a metric with this key is selected, if its source is not skipped.
    pub(crate) fn keeps(&self, key: &str) -> bool {
        self.choice_of_key(key) == Choice::Collected
    }

    /// The selected metrics about the reporter itself. They are part of every push, so patterns in `only` for other metrics keep
    /// all of them.
    pub(crate) fn filter_self_metrics(&self, catalog: Catalog) -> Catalog {
        if self.names_self_metrics {
            return self.filter(catalog);
        }
        let skip = self.skip.clone();
        catalog.filter(move |key| !skip.match_any(key))
    }
}

/// The metrics that the settings select, which are enabled and not skipped, with the goals of the settings.
pub fn selected_by_settings(catalog: Catalog, settings: &Settings) -> Result<Catalog, SettingsError> {
    let catalog = with_goals_of_settings(catalog, settings)?;
    Ok(Selection::default().with_settings(&catalog, settings)?.filter(catalog))
}

impl Patterns {
    /// Parses patterns. A pattern that matches nothing in a catalog without sources is refused.
    fn parse<P: AsRef<str>>(
        catalog: &Catalog,
        list: PatternList,
        texts: &[P],
        open: &mut OpenPatterns,
    ) -> Result<Self, SelectionError> {
        let parsed = texts.iter().map(|text| {
            let pattern: KeyPattern = text.as_ref().parse().map_err(|source| {
                let pattern = redact_secret(text.as_ref()).to_owned();
                SelectionError::Pattern { pattern, source }
            })?;
            match Match::find(catalog, list, &pattern) {
                Match::Found => {}
                Match::Open => open.add(catalog, list, pattern.clone(), None),
                Match::None(error) => return Err(SelectionError::Unmatched(error)),
            }
            Ok(pattern)
        });
        Ok(Self(parsed.collect::<Result<_, _>>()?))
    }

    fn match_any(&self, key: &str) -> bool {
        self.0.iter().any(|pattern| pattern.is_match(key))
    }
}

/// Whether a pattern matches a metric of a catalog.
enum Match {
    Found,
    /// Not yet: a source may return such a metric.
    Open,
    None(UnmatchedPattern),
}

impl Match {
    fn find(catalog: &Catalog, list: PatternList, pattern: &KeyPattern) -> Self {
        let keys = || catalog.metrics().iter().map(|metric| metric.key());
        if keys().any(|key| pattern.is_match(key)) {
            Self::Found
        } else if catalog.sources().is_empty() {
            Self::None(UnmatchedPattern::new(list, pattern, keys()))
        } else {
            Self::Open
        }
    }
}

fn numbered(name: &str, patterns: Vec<KeyPattern>) -> impl Iterator<Item = (String, KeyPattern)> {
    patterns.into_iter().enumerate().map(move |(index, pattern)| (format!("{name}[{index}]"), pattern))
}
