//! Which of the linked metrics a run collects.

use anyhow::bail;
use globset::{Glob, GlobMatcher};
use system_health_registry::{
    Catalog,
    settings::{Known, may_be_secret},
};

/// The metrics that `--only` names and `--skip` does not.
#[derive(Debug)]
pub(super) struct Selection {
    only: Vec<GlobMatcher>,
    skip: Vec<GlobMatcher>,
}

impl Selection {
    /// The selection by the flags `--only` and `--skip`.
    pub(super) fn new(catalog: &Catalog, only: &[Glob], skip: &[Glob]) -> anyhow::Result<Self> {
        Ok(Self { only: matchers(catalog, "--only ", only)?, skip: matchers(catalog, "--skip ", skip)? })
    }

    /// The selection by keys, or globs, alone.
    pub(super) fn of_keys(catalog: &Catalog, keys: &[Glob]) -> anyhow::Result<Self> {
        Ok(Self { only: matchers(catalog, "", keys)?, skip: Vec::new() })
    }

    /// The metrics to collect. None is refused.
    pub(super) fn of(&self, catalog: Catalog) -> anyhow::Result<Catalog> {
        let only = self.only.clone();
        let selected = self.without_skipped(catalog).filter(move |key| only.is_empty() || any(&only, key));
        if selected.metrics().is_empty() {
            bail!("--only and --skip leave no metric to collect");
        }
        Ok(selected)
    }

    /// The metrics about the reporter itself, which no `--only` leaves out.
    pub(super) fn without_skipped(&self, catalog: Catalog) -> Catalog {
        let skip = self.skip.clone();
        catalog.filter(move |key| !any(&skip, key))
    }
}

/// Compiles globs. One that matches nothing in the catalog is refused: it is a typing error, or a metric
/// that someone believes to be watched.
fn matchers(catalog: &Catalog, flag: &str, globs: &[Glob]) -> anyhow::Result<Vec<GlobMatcher>> {
    let keys = || catalog.metrics().iter().map(|metric| metric.key());
    let compiled = globs.iter().map(|glob| {
        let matcher = glob.compile_matcher();
        if !keys().any(|key| matcher.is_match(key)) {
            let shown = if may_be_secret(glob.glob()) { "..." } else { glob.glob() };
            bail!("{flag}`{shown}` matches no metric{}", Known::nearest_to(glob.glob(), keys()));
        }
        Ok(matcher)
    });
    compiled.collect()
}

fn any(matchers: &[GlobMatcher], key: &str) -> bool {
    matchers.iter().any(|matcher| matcher.is_match(key))
}
