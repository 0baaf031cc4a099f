//! The series of a sample: a key and a set of tags. Two samples of one run must not share a series, because one of them
//! would overwrite the other in a backend.

use std::collections::{BTreeSet, HashSet};

use crate::{Metric, Outcome, Sample, SubjectLabel, Tag, overlay_tags};

#[derive(Debug, thiserror::Error)]
#[error("two samples have the same tags [{0}]; each sample needs different tags")]
pub(crate) struct SameTags(String);

/// The tags that all series of a metric and a subject share, unless a sample replaces them.
pub(crate) fn common_tags(
    report: &BTreeSet<Tag>,
    metric: &Metric,
    subject: Option<&SubjectLabel>,
) -> BTreeSet<Tag> {
    // The catalog refuses metrics whose tags do not parse.
    let own = metric.tags().iter().filter_map(|tag| Tag::parse(tag).ok()).collect();
    let common = overlay_tags(report, &own).cloned().collect();
    match subject {
        Some(subject) => overlay_tags(&common, subject.tags()).cloned().collect(),
        None => common,
    }
}

/// Refuses samples of one outcome if two of them have the same tags.
pub(crate) fn check_distinct(
    metric: &Metric,
    subject: Option<&SubjectLabel>,
    samples: &[Sample],
) -> Result<(), SameTags> {
    if samples.len() < 2 {
        return Ok(());
    }
    let common = common_tags(&BTreeSet::new(), metric, subject);
    insert_distinct(&mut HashSet::with_capacity(samples.len()), &common, samples)
}

/// Finds outcomes of one metric whose samples repeat the tags of an earlier sample. The tags include those of the report.
/// Returns the positions of these outcomes, with the errors.
pub(crate) fn repeated(report: &BTreeSet<Tag>, outcomes: &[Outcome]) -> Vec<(usize, SameTags)> {
    let samples: usize = outcomes.iter().map(|outcome| outcome.samples().len()).sum();
    if samples < 2 {
        return Vec::new();
    }
    let common: Vec<_> = outcomes
        .iter()
        .map(|outcome| common_tags(report, &outcome.metric, outcome.subject.as_deref()))
        .collect();
    let mut seen = HashSet::with_capacity(samples);
    let outcomes = outcomes.iter().zip(&common).enumerate();
    outcomes
        .filter_map(|(position, (outcome, common))| {
            Some((position, insert_distinct(&mut seen, common, outcome.samples()).err()?))
        })
        .collect()
}

/// Adds the tags of samples to a set. Fails if a sample has the same tags as an earlier sample.
fn insert_distinct<'a>(
    seen: &mut HashSet<Vec<&'a str>>,
    common: &'a BTreeSet<Tag>,
    samples: &'a [Sample],
) -> Result<(), SameTags> {
    for sample in samples {
        let mut tags: Vec<&str> = overlay_tags(common, sample.tags()).map(Tag::as_str).collect();
        tags.sort_unstable();
        tags.dedup();
        if let Some(tags) = seen.replace(tags) {
            return Err(SameTags(tags.join(", ")));
        }
    }
    Ok(())
}
