//! Which of the linked metrics a run collects.

use anyhow::bail;
use globset::{Glob, GlobMatcher};
use system_health_registry::{Catalog, Metric};

/// The metrics that `--only` names and `--skip` does not.
#[derive(Debug)]
pub(super) struct Selection {
    only: Vec<GlobMatcher>,
    skip: Vec<GlobMatcher>,
}

impl Selection {
    /// A pattern that matches nothing in the catalog is refused: it is a typing error, or a metric that
    /// someone believes to be watched.
    pub(super) fn new(catalog: &Catalog, only: &[Glob], skip: &[Glob]) -> anyhow::Result<Self> {
        let keys: Vec<&str> = catalog.metrics().iter().map(Metric::key).collect();
        let known = |flag: &str, globs: &[Glob]| -> anyhow::Result<Vec<GlobMatcher>> {
            let compiled = globs.iter().map(|glob| {
                let matcher = glob.compile_matcher();
                if !keys.iter().any(|key| matcher.is_match(key)) {
                    bail!("{flag} `{glob}` matches no metric; there are {}", keys.join(", "));
                }
                Ok(matcher)
            });
            compiled.collect()
        };
        Ok(Self { only: known("--only", only)?, skip: known("--skip", skip)? })
    }

    /// The metrics to collect. None is refused.
    pub(super) fn of(&self, catalog: Catalog) -> anyhow::Result<Catalog> {
        let selected =
            self.without_skipped(catalog).filter(|key| self.only.is_empty() || any(&self.only, key));
        if selected.metrics().is_empty() {
            bail!("--only and --skip leave no metric to collect");
        }
        Ok(selected)
    }

    /// The metrics about the reporter itself, which no `--only` leaves out.
    pub(super) fn without_skipped(&self, catalog: Catalog) -> Catalog {
        catalog.filter(|key| !any(&self.skip, key))
    }
}

fn any(matchers: &[GlobMatcher], key: &str) -> bool {
    matchers.iter().any(|matcher| matcher.is_match(key))
}
