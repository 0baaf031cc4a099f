//! The subjects that `--subject` selects.

use std::{
    collections::{BTreeSet, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::bail;
use globset::{Glob, GlobBuilder, GlobMatcher};
use system_health_registry::{
    Catalog, Engine, Report,
    settings::{NameSuggestions, may_be_secret},
};

/// Selects subjects by name. Without names, all are selected.
#[derive(Debug, Clone)]
pub(super) struct SubjectFilter {
    wanted: Vec<GlobMatcher>,
    /// The names that a run has listed.
    listed: Arc<Mutex<BTreeSet<String>>>,
}

impl SubjectFilter {
    /// Takes names and globs. Matching ignores case, as GitHub does in the names of repositories.
    pub(super) fn new<'g>(globs: impl IntoIterator<Item = &'g Glob>) -> Self {
        let ignoring_case = |glob: &Glob| GlobBuilder::new(glob.glob()).case_insensitive(true).build();
        let wanted = globs.into_iter().map(|glob| {
            ignoring_case(glob).map_or_else(|_| glob.compile_matcher(), |glob| glob.compile_matcher())
        });
        let wanted = wanted.collect();
        Self { wanted, listed: Arc::default() }
    }

    /// Without names, keeps all metrics. With names, keeps only the metrics about subjects, and fails if there are none.
    pub(super) fn select(&self, catalog: Catalog) -> anyhow::Result<Catalog> {
        if self.wanted.is_empty() {
            return Ok(catalog);
        }
        let about_subjects = catalog.metrics().iter().filter(|metric| metric.subject_type().is_some());
        let keys: HashSet<String> = about_subjects.map(|metric| metric.key().to_owned()).collect();
        if keys.is_empty() {
            bail!("--subject needs metrics about subjects, but KEY matches none");
        }
        Ok(catalog.filter(move |key| keys.contains(key)))
    }

    /// Limits an engine to the selected subjects.
    pub(super) fn limit(&self, engine: Engine) -> Engine {
        if self.wanted.is_empty() {
            return engine;
        }
        let Self { wanted, listed } = self.clone();
        engine.with_subject_filter(move |name| {
            listed.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
            matches_any(&wanted, name)
        })
    }

    /// Fails if a glob matches no subject of the run, unless some subjects could not be listed.
    pub(super) fn check(&self, report: &Report) -> anyhow::Result<()> {
        let listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        // An outcome without a subject is that of a metric whose subjects could not be listed.
        if report.run().outcomes().iter().any(|outcome| outcome.subject.is_none()) {
            return Ok(());
        }
        for matcher in &self.wanted {
            if !listed.iter().any(|name| matcher.is_match(name)) {
                let glob = matcher.glob().glob();
                let shown = if may_be_secret(glob) { "..." } else { glob };
                let near = NameSuggestions::nearest_to(glob, listed.iter().cloned());
                bail!("--subject `{shown}` matches no subject{near}");
            }
        }
        Ok(())
    }
}

fn matches_any(matchers: &[GlobMatcher], name: &str) -> bool {
    matchers.iter().any(|matcher| matcher.is_match(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::fixture;

    fn subjects(globs: &[&str]) -> SubjectFilter {
        SubjectFilter::new(&globs.iter().map(|glob| Glob::new(glob).unwrap()).collect::<Vec<_>>())
    }

    async fn run(subjects: &SubjectFilter, repositories: Option<usize>) -> Report {
        let catalog = subjects.select(Catalog::new(fixture::metrics()).unwrap()).unwrap();
        let context = fixture::context(repositories);
        Report::new(subjects.limit(Engine::new()).run(&catalog, &context).await, [])
    }

    #[tokio::test]
    async fn only_the_named_subjects_are_collected() {
        let subjects = subjects(&["ACME/app-0007", "acme/app-099*"]);

        let report = run(&subjects, Some(1_000)).await;

        let names: BTreeSet<_> =
            report.run().outcomes().iter().map(|it| it.subject.as_ref().unwrap().name()).collect();
        assert_eq!((names.len(), names.first()), (11, Some(&"acme/app-0007")));
        assert!(subjects.check(&report).is_ok());
    }

    #[tokio::test]
    async fn an_unknown_subject_is_refused_with_the_nearest_name() {
        let subjects = subjects(&["acme/ap-0001"]);
        let report = run(&subjects, Some(3)).await;

        let error = subjects.check(&report).unwrap_err().to_string();

        assert!(
            error.starts_with("--subject `acme/ap-0001` matches no subject; did you mean `acme/app-0001`"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn names_are_not_checked_if_subjects_cannot_be_listed() {
        let subjects = subjects(&["acme/shop"]);
        let report = run(&subjects, None).await;

        assert!(subjects.check(&report).is_ok());
    }

    #[test]
    fn metrics_without_subjects_are_refused() {
        let catalog = Catalog::new(fixture::metrics()).unwrap().filter(|key| key == "account.members");

        let error = subjects(&["acme/shop"]).select(catalog).unwrap_err();

        assert_eq!(error.to_string(), "--subject needs metrics about subjects, but KEY matches none");
    }

    #[test]
    fn all_metrics_are_kept_without_names() {
        let catalog = subjects(&[]).select(Catalog::new(fixture::metrics()).unwrap()).unwrap();

        assert_eq!(catalog.metrics().len(), fixture::metrics().len());
    }
}
