//! A run with the tags that say where it happened and its one time: what is printed and delivered.

use std::{
    collections::BTreeSet,
    iter,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::{
    Outcome, Point, Run, Sample, Tag, overlay_tags,
    series::{common_tags, repeated},
};

/// A run and the tags that all its samples get.
#[derive(Debug, Clone)]
pub struct Report {
    run: Run,
    tags: BTreeSet<Tag>,
    timestamp: SystemTime,
}

impl Report {
    /// Adds tags to a run. All its points get the time at which the run started, in whole seconds.
    ///
    /// Where two samples of a metric have the same tags in the end, the later outcome becomes an error: one sample
    /// would overwrite the other.
    #[must_use]
    pub fn new(mut run: Run, tags: impl IntoIterator<Item = Tag>) -> Self {
        let timestamp = slot_start(run.started_at(), Duration::from_secs(1));
        let tags = tags.into_iter().collect();
        for outcomes in run.outcomes.chunk_by_mut(|one, other| one.metric.key() == other.metric.key()) {
            for (position, error) in repeated(&tags, outcomes) {
                outcomes[position].result = Err(error.into());
            }
        }
        Self { run, tags, timestamp }
    }

    /// Puts the points on the start of the schedule slot in which the run started, so that a repeated
    /// run of the slot replaces its points instead of adding to them. Slots follow each other from
    /// 1970-01-01 00:00 UTC on; one of less than a second changes nothing.
    #[must_use]
    pub fn aligned(mut self, slot: Duration) -> Self {
        self.timestamp = slot_start(self.run.started_at(), slot.max(Duration::from_secs(1)));
        self
    }

    /// The run.
    #[must_use]
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// The tags of the report itself.
    #[must_use]
    pub fn tags(&self) -> &BTreeSet<Tag> {
        &self.tags
    }

    /// The one time that all points of the report carry.
    #[must_use]
    pub fn timestamp(&self) -> SystemTime {
        self.timestamp
    }

    /// What sinks deliver: the samples of the metrics that have a value, in the order of their keys and subjects. As
    /// long as a metric has an alias, each point is followed by the same one under the alias's key.
    pub fn points(&self) -> impl Iterator<Item = Point> {
        self.run.outcomes().iter().flat_map(|outcome| self.points_of(outcome))
    }

    /// The points of one of the run's outcomes.
    pub fn points_of<'a>(&'a self, outcome: &'a Outcome) -> impl Iterator<Item = Point> + use<'a> {
        let metric = &outcome.metric;
        let common = self.common_tags(outcome);
        let alias = metric.alias().filter(|alias| alias.is_active_at(self.timestamp));
        outcome.samples().iter().flat_map(move |sample| {
            let point = Point {
                key: metric.key().to_owned(),
                kind: metric.kind(),
                unit: metric.unit().map(str::to_owned),
                tags: overlay_tags(&common, sample.tags()).cloned().collect(),
                timestamp: self.timestamp,
                value: sample.value(),
            };
            let former = alias.map(|alias| Point { key: alias.key().to_owned(), ..point.clone() });
            iter::once(point).chain(former)
        })
    }

    /// The tags that all samples of one of the run's outcomes have: those of the report, of the metric and of its
    /// subject. A sample's own tag replaces one named `env`, `service`, `version` or `source`.
    #[must_use]
    pub fn common_tags(&self, outcome: &Outcome) -> BTreeSet<Tag> {
        common_tags(&self.tags, &outcome.metric, outcome.subject.as_deref())
    }

    /// All tags of one of the run's samples: those of the report, of the metric, of its subject and its own. Of the
    /// tags named `env`, `service`, `version` or `source`, the last of these counts; all others add up.
    #[must_use]
    pub fn tags_of(&self, outcome: &Outcome, sample: &Sample) -> BTreeSet<Tag> {
        overlay_tags(&self.common_tags(outcome), sample.tags()).cloned().collect()
    }
}

/// The start of the slot that a time lies in.
fn slot_start(time: SystemTime, slot: Duration) -> SystemTime {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => UNIX_EPOCH + Duration::from_secs(since.as_secs() / slot.as_secs() * slot.as_secs()),
        // Times before 1970 cannot occur.
        Err(_) => UNIX_EPOCH,
    }
}
