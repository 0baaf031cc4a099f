//! The series of a sample: a key and a set of tags. Two samples of one run must not share a series, because one of them
//! would overwrite the other in a backend.

use std::collections::{BTreeSet, HashSet};

use crate::{Metric, Outcome, Sample, SubjectLabel, Tag, overlay_tags};

#[derive(Debug, thiserror::Error)]
#[error("two samples have the same tags [{0}]; each sample needs different tags")]
pub(crate) struct SameTags(String);

/// The tags that all series of a metric and a subject share, unless a sample replaces them.
pub(crate) fn common_tags(
    report_tags: &BTreeSet<Tag>,
    metric: &Metric,
    subject: Option<&SubjectLabel>,
) -> BTreeSet<Tag> {
    // The catalog refuses metrics whose tags do not parse.
    let own = metric.tags().iter().filter_map(|tag| Tag::parse(tag).ok()).collect();
    let common = overlay_tags(report_tags, &own).cloned().collect();
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
    if are_surely_distinct(&common, samples) {
        return Ok(());
    }
    insert_distinct(&mut HashSet::with_capacity(samples.len()), &common, samples)
}

/// Finds outcomes of one metric whose samples repeat the tags of an earlier sample. The tags include those of the report.
/// Returns the positions of these outcomes, with the errors.
pub(crate) fn repeated(report_tags: &BTreeSet<Tag>, outcomes: &[Outcome]) -> Vec<(usize, SameTags)> {
    let sample_count: usize = outcomes.iter().map(|outcome| outcome.samples().len()).sum();
    if sample_count < 2 {
        return Vec::new();
    }
    let common: Vec<_> = outcomes
        .iter()
        .map(|outcome| common_tags(report_tags, &outcome.metric, outcome.subject.as_deref()))
        .collect();
    if let ([outcome], [common]) = (outcomes, &common[..])
        && are_surely_distinct(common, outcome.samples())
    {
        return Vec::new();
    }
    let mut seen = HashSet::with_capacity(sample_count);
    let outcomes = outcomes.iter().zip(&common).enumerate();
    outcomes
        .filter_map(|(position, (outcome, common))| {
            Some((position, insert_distinct(&mut seen, common, outcome.samples()).err()?))
        })
        .collect()
}

/// Whether a quick look shows that no two samples have the same tags: the samples are sorted by their own tags, no two samples
/// have the same own tags, and no common tag is also an own tag. Then the own tags of a sample are all its tags that are not
/// common tags, so all tags of two samples differ, too.
fn are_surely_distinct(common: &BTreeSet<Tag>, samples: &[Sample]) -> bool {
    samples.is_sorted_by(|sample, next| sample.tags() < next.tags())
        && !samples.iter().flat_map(Sample::tags).any(|tag| common.contains(tag))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// All sets of these tags.
    fn subsets(tags: &[&str]) -> Vec<BTreeSet<Tag>> {
        (0..1_u32 << tags.len())
            .map(|chosen| {
                let tags = tags.iter().enumerate().filter(|(position, _)| chosen & (1 << position) != 0);
                tags.map(|(_, tag)| Tag::parse(tag).unwrap()).collect()
            })
            .collect()
    }

    fn sample(tags: &BTreeSet<Tag>) -> Sample {
        tags.iter().fold(Sample::new(1).unwrap(), |sample, tag| {
            let (name, value) = tag.as_str().split_once(':').unwrap();
            sample.with_tag(name, value).unwrap()
        })
    }

    #[test]
    fn the_quick_look_never_takes_equal_series_for_distinct_ones() {
        let sets = subsets(&["env:a", "env:b", "team:a", "team:b"]);

        let mut surely_distinct = 0;
        for common in &sets {
            for one in &sets {
                for other in &sets {
                    let samples = [sample(one), sample(other)];
                    let are_distinct = insert_distinct(&mut HashSet::new(), common, &samples).is_ok();
                    let quick = are_surely_distinct(common, &samples);
                    assert!(are_distinct || !quick, "{common:?} {one:?} {other:?}");
                    surely_distinct += usize::from(quick);
                }
            }
        }
        assert!(surely_distinct > 100, "{surely_distinct}");
    }
}
