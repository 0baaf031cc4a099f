//! Which series a sample belongs to. Two samples of one run must not share a series: the later one would overwrite
//! the other where it is stored.

use std::collections::{BTreeSet, HashSet};

use crate::{Metric, Sample, Tag, overlay_tags};

#[derive(Debug, thiserror::Error)]
#[error("two samples have the same tags [{0}]; each sample needs tags of its own")]
pub(crate) struct SameTags(String);

/// The tags that all series of a metric have, unless a sample replaces them.
pub(crate) fn common_tags(report: &BTreeSet<Tag>, metric: &Metric) -> BTreeSet<Tag> {
    // The catalog refuses metrics whose tags do not parse.
    let own = metric.tags().iter().filter_map(|tag| Tag::parse(tag).ok()).collect();
    overlay_tags(report, &own).cloned().collect()
}

/// Refuses samples of which two have the same tags in the end: with those of the metric, and of the report.
pub(crate) fn check_distinct(
    report: &BTreeSet<Tag>,
    metric: &Metric,
    samples: &[Sample],
) -> Result<(), SameTags> {
    if samples.len() < 2 {
        return Ok(());
    }
    let common = common_tags(report, metric);
    let mut seen = HashSet::with_capacity(samples.len());
    for sample in samples {
        let mut tags: Vec<&str> = overlay_tags(&common, sample.tags()).map(Tag::as_str).collect();
        tags.sort_unstable();
        tags.dedup();
        if let Some(tags) = seen.replace(tags) {
            return Err(SameTags(tags.join(", ")));
        }
    }
    Ok(())
}
