//! A run with the tags that say where it happened and its one time: what is printed and delivered.

use std::{
    collections::BTreeSet,
    iter,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::{
    Outcome, Point, Run, Sample, SharedError, State, Tag, overlay_tags,
    series::{check_distinct, common_tags},
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
    /// A metric of which two samples have the same tags in the end becomes an error: one would overwrite the
    /// other.
    #[must_use]
    pub fn new(mut run: Run, tags: impl IntoIterator<Item = Tag>) -> Self {
        let timestamp = slot_start(run.started_at(), Duration::from_secs(1));
        let tags = tags.into_iter().collect();
        for outcome in &mut run.outcomes {
            if let Err(error) = check_distinct(&tags, &outcome.metric, outcome.samples()) {
                outcome.state = State::Error(SharedError::new(error));
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

    /// What sinks deliver: the samples of the metrics that have a value, in the order of their keys. As
    /// long as a metric has an alias, each point is followed by the same one under the alias's key.
    pub fn points(&self) -> impl Iterator<Item = Point> {
        self.run.outcomes().iter().flat_map(move |outcome| {
            let metric = outcome.metric;
            let common = common_tags(&self.tags, &metric);
            let alias = metric.alias().filter(|alias| alias.holds_at(self.timestamp));
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
        })
    }

    /// All tags of one of the run's samples: those of the report, of the metric and its own. Where they
    /// have the name `env`, `service`, `version` or `source`, the sample's replace the metric's, and those
    /// replace the report's; all others add up.
    #[must_use]
    pub fn tags_of(&self, outcome: &Outcome, sample: &Sample) -> BTreeSet<Tag> {
        overlay_tags(&common_tags(&self.tags, &outcome.metric), sample.tags()).cloned().collect()
    }
}

/// The start of the slot that a time lies in.
fn slot_start(time: SystemTime, slot: Duration) -> SystemTime {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => UNIX_EPOCH + Duration::from_secs(since.as_secs() / slot.as_secs() * slot.as_secs()),
        // No clock of ours is set to before 1970.
        Err(_) => UNIX_EPOCH,
    }
}
