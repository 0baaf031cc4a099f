//! Which of the linked metrics a run collects.

use globset::{Glob, GlobMatcher};
use system_health_registry::{
    Catalog,
    settings::{Known, may_be_secret},
};

/// The metrics that some patterns name and others do not.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    only: Vec<GlobMatcher>,
    skip: Vec<GlobMatcher>,
}

/// Why metrics cannot be selected.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SelectionError {
    /// The text is no pattern.
    #[error("`{pattern}` is no pattern for keys")]
    Pattern {
        /// The text.
        pattern: String,
        /// Why.
        source: globset::Error,
    },
    /// A pattern matches no metric. It is a typing error, or names a metric that someone believes to be watched.
    #[error("`{pattern}` matches no metric{known}")]
    Unmatched {
        /// Which patterns it is among.
        list: List,
        /// The pattern.
        pattern: String,
        /// What there is.
        known: Known,
    },
    /// Nothing is left.
    #[error("the selection leaves no metric to collect")]
    Nothing,
}

/// A list of patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// Those of which a metric has to match one.
    Only,
    /// Those of which a metric must not match any.
    Skip,
}

impl Selection {
    /// The metrics that match one of `only`, or all if there are none, and none of `skip`. The patterns are globs for
    /// keys, such as `commits.*`. One that matches nothing in the catalog is refused.
    pub fn new<P: AsRef<str>>(catalog: &Catalog, only: &[P], skip: &[P]) -> Result<Self, SelectionError> {
        Ok(Self { only: matchers(catalog, List::Only, only)?, skip: matchers(catalog, List::Skip, skip)? })
    }

    /// The selected metrics. None is refused.
    pub fn of(&self, catalog: Catalog) -> Result<Catalog, SelectionError> {
        let only = self.only.clone();
        let selected = self.without_skipped(catalog).filter(move |key| only.is_empty() || any(&only, key));
        if selected.metrics().is_empty() && selected.sources().is_empty() {
            return Err(SelectionError::Nothing);
        }
        Ok(selected)
    }

    /// The metrics about the reporter itself, which `only` does not leave out.
    pub(crate) fn without_skipped(&self, catalog: Catalog) -> Catalog {
        let skip = self.skip.clone();
        catalog.filter(move |key| !any(&skip, key))
    }
}

fn matchers<P: AsRef<str>>(
    catalog: &Catalog,
    list: List,
    patterns: &[P],
) -> Result<Vec<GlobMatcher>, SelectionError> {
    let keys = || catalog.metrics().iter().map(|metric| metric.key());
    let compiled = patterns.iter().map(|pattern| {
        let pattern = pattern.as_ref();
        let shown = || if may_be_secret(pattern) { "...".to_owned() } else { pattern.to_owned() };
        let glob =
            Glob::new(pattern).map_err(|source| SelectionError::Pattern { pattern: shown(), source })?;
        let matcher = glob.compile_matcher();
        // Nobody knows all the keys of a source.
        if catalog.sources().is_empty() && !keys().any(|key| matcher.is_match(key)) {
            let known = Known::nearest_to(pattern, keys());
            return Err(SelectionError::Unmatched { list, pattern: shown(), known });
        }
        Ok(matcher)
    });
    compiled.collect()
}

fn any(matchers: &[GlobMatcher], key: &str) -> bool {
    matchers.iter().any(|matcher| matcher.is_match(key))
}
