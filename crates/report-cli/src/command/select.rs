//! Which of the linked metrics a run collects.

use anyhow::bail;
use globset::{Glob, GlobMatcher};
use system_health_registry::{Catalog, Metric};

/// Keeps the metrics that `--only` names and `--skip` does not. A pattern that matches nothing is
/// refused: it is a typing error, or a metric that someone believes to be watched.
pub(super) fn select(catalog: Catalog, only: &[Glob], skip: &[Glob]) -> anyhow::Result<Catalog> {
    let keys: Vec<&str> = catalog.metrics().iter().map(Metric::key).collect();
    for (flag, glob) in
        only.iter().map(|glob| ("--only", glob)).chain(skip.iter().map(|glob| ("--skip", glob)))
    {
        let matcher = glob.compile_matcher();
        if !keys.iter().any(|key| matcher.is_match(key)) {
            bail!("{flag} `{glob}` matches no metric; there are {}", keys.join(", "));
        }
    }
    let matchers = |globs: &[Glob]| globs.iter().map(Glob::compile_matcher).collect::<Vec<GlobMatcher>>();
    let (only, skip) = (matchers(only), matchers(skip));
    let any = |matchers: &[GlobMatcher], key: &str| matchers.iter().any(|matcher| matcher.is_match(key));
    let selected = catalog.filter(|key| (only.is_empty() || any(&only, key)) && !any(&skip, key));
    if selected.metrics().is_empty() {
        bail!("--only and --skip leave no metric to collect");
    }
    Ok(selected)
}
