//! Descriptions that sources have returned in earlier runs. The metrics of a source are known only after a run has
//! called it, and a source that fails does not tell which metrics are missing.

use std::{collections::HashSet, time::SystemTime};

use system_health_registry::{Catalog, Descriptions, Facts, Report};
use system_health_state::{Store, StoreError};

use crate::{Selection, error::Chain, state::CurrentStore};

/// A catalog with the metrics that its sources have described in earlier runs.
pub fn with_stored_descriptions(catalog: Catalog, store: &Store) -> Result<Catalog, StoreError> {
    if catalog.sources().is_empty() {
        return Ok(catalog);
    }
    Ok(add(catalog, store.descriptions()?))
}

/// Like [`with_stored_descriptions`], but reads the store of a run and leaves out the sources that the selection does not need.
/// Logs a warning if the store cannot be read.
pub(crate) async fn with_remembered_descriptions(
    catalog: &Catalog,
    current: &CurrentStore,
    selection: &Selection,
) -> Catalog {
    let remembered = current.ask(current.store(), Store::descriptions).await.unwrap_or_else(|error| {
        tracing::warn!("cannot read the descriptions of metrics from sources: {}", Chain(&error));
        Vec::new()
    });
    let is_needed = |source: &str| {
        let known: Vec<&str> =
            remembered.iter().filter(|(name, _)| name == source).map(|(_, facts)| facts.key()).collect();
        selection.needs_source(&known)
    };
    add(catalog.clone().filter_sources(is_needed), remembered)
}

/// Stores the descriptions of the metrics that sources have returned in a run. The goals of the settings are not stored: a goal
/// that is removed from the settings must not come back, and other settings may use the same folder.
pub(crate) async fn remember(report: &Report, current: &CurrentStore) {
    for source in report.run().sources() {
        let returned: HashSet<&str> = source.returned.iter().map(String::as_str).collect();
        let outcomes = report.run().outcomes().iter();
        let facts: Vec<Facts> = outcomes
            .filter(|outcome| outcome.metric.source() == Some(&source.name))
            .filter(|outcome| returned.contains(outcome.metric.key()))
            .map(|outcome| outcome.metric.declared_facts().clone())
            .collect();
        if facts.is_empty() {
            continue;
        }
        let (name, now) = (source.name.clone(), SystemTime::now());
        let stored =
            current.ask(current.store(), move |store| store.remember_descriptions(&name, &facts, now)).await;
        if let Err(error) = stored {
            tracing::warn!(
                "cannot store the descriptions from the source `{}`: {}",
                source.name,
                Chain(&error)
            );
        }
    }
}

/// The descriptions of the metrics of catalogs, for sinks.
pub(crate) fn from_catalogs<'a>(catalogs: impl IntoIterator<Item = &'a Catalog>) -> Descriptions {
    let metrics = catalogs.into_iter().flat_map(Catalog::metrics);
    metrics.map(|metric| (metric.key(), metric.description())).collect()
}

/// The keys and descriptions of the metrics that sources have described in a run.
pub(crate) fn from_sources(report: &Report) -> impl Iterator<Item = (&str, &str)> {
    let metrics = report.run().outcomes().iter().map(|outcome| &outcome.metric);
    let described = metrics.filter(|metric| metric.source().is_some());
    described.map(|metric| (metric.key(), metric.description()))
}

fn add(catalog: Catalog, remembered: Vec<(String, Facts)>) -> Catalog {
    remembered
        .into_iter()
        .fold(catalog, |catalog, (source, facts)| catalog.with_described_metrics(&source, [facts]))
}
