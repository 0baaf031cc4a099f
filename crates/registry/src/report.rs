//! A run with its tags and its timestamp: what is displayed and delivered.

use std::{
    collections::BTreeSet,
    iter,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::{
    Kind, Outcome, Point, Run, Sample, Tag, overlay_tags,
    series::{common_tags, repeated},
    trace::TraceId,
};

/// A run with a timestamp and the tags that are added to all its samples.
#[derive(Debug, Clone)]
pub struct Report {
    run: Run,
    tags: BTreeSet<Tag>,
    timestamp: SystemTime,
    goals: Vec<Outcome>,
    trace: Option<TraceId>,
}

impl Report {
    /// Adds tags to a run. The timestamp of all points is the start of the run, in whole seconds.
    ///
    /// With the added tags, two samples of a metric may have the same tags. Then the later outcome becomes an error,
    /// because one sample would overwrite the other.
    #[must_use]
    pub fn new(mut run: Run, tags: impl IntoIterator<Item = Tag>) -> Self {
        let timestamp = slot_start(run.started_at(), Duration::from_secs(1));
        let tags = tags.into_iter().collect();
        for outcomes in run.outcomes.chunk_by_mut(|one, other| one.metric.key() == other.metric.key()) {
            for (position, error) in repeated(&tags, outcomes) {
                outcomes[position].result = Err(error.into());
            }
        }
        Self { run, tags, timestamp, goals: Vec::new(), trace: None }
    }

    /// Sets the results of goals of two metrics. They are shown and judged like the goals of metrics, and not delivered.
    #[must_use]
    pub fn with_goals(mut self, goals: Vec<Outcome>) -> Self {
        self.goals = goals;
        self
    }

    /// Sets the trace of the run, if spans were collected.
    #[must_use]
    pub fn with_trace(mut self, trace: Option<TraceId>) -> Self {
        self.trace = trace;
        self
    }

    /// Sets the timestamp to the start of the schedule slot in which the run started. In most backends, the points of a second
    /// run in the same slot then replace the points of the first run. Slots are counted from 1970-01-01 00:00 UTC. A slot
    /// shorter than a second has no effect.
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

    /// The results of goals of two metrics, sorted by the names of the goals and of the subjects.
    #[must_use]
    pub fn goals(&self) -> &[Outcome] {
        &self.goals
    }

    /// The tags of the report itself.
    #[must_use]
    pub fn tags(&self) -> &BTreeSet<Tag> {
        &self.tags
    }

    /// The timestamp of all points of the report.
    #[must_use]
    pub fn timestamp(&self) -> SystemTime {
        self.timestamp
    }

    /// The id of the trace of the run. `None` if spans were not collected.
    #[must_use]
    pub fn trace_id(&self) -> Option<TraceId> {
        self.trace
    }

    /// The points to deliver: the samples of the metrics that have a value, sorted by key and subject. While a metric
    /// has an active alias, each point is followed by a copy with the alias as its key.
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
                kind: covering(metric.kind(), sample.start(), self.run.started_at()),
                unit: metric.unit().map(str::to_owned),
                tags: overlay_tags(&common, sample.tags()).cloned().collect(),
                timestamp: self.timestamp,
                since: sample.start(),
                value: sample.value().clone(),
            };
            let former = alias.map(|alias| Point { key: alias.key().to_owned(), ..point.clone() });
            iter::once(point).chain(former)
        })
    }

    /// The tags that all samples of an outcome share: the tags of the report, the metric and the subject. A sample's
    /// own tag named `env`, `service`, `version` or `source` replaces the shared tag of that name.
    #[must_use]
    pub fn common_tags(&self, outcome: &Outcome) -> BTreeSet<Tag> {
        common_tags(&self.tags, &outcome.metric, outcome.subject.as_deref())
    }

    /// All tags of a sample: the tags of the report, the metric, the subject and the sample. A later level replaces tags
    /// named `env`, `service`, `version` or `source`. All other tags are added.
    #[must_use]
    pub fn tags_of(&self, outcome: &Outcome, sample: &Sample) -> BTreeSet<Tag> {
        overlay_tags(&self.common_tags(outcome), sample.tags()).cloned().collect()
    }
}

/// The kind of a point. If a count or a rate has a start, its interval is the time from there to the start of the
/// run, at least a second.
fn covering(kind: Kind, start: Option<SystemTime>, end: SystemTime) -> Kind {
    let Some(start) = start else { return kind };
    let covered = end.duration_since(start).unwrap_or_default().as_secs().max(1);
    let interval = Duration::from_secs(covered);
    match kind {
        Kind::Count { .. } => Kind::Count { interval },
        Kind::Rate { .. } => Kind::Rate { interval },
        Kind::Gauge | Kind::Counter | Kind::Distribution => kind,
    }
}

/// The start of the slot that contains a time. Slots are counted from 1970-01-01 00:00 UTC.
///
/// # Panics
/// Panics if `slot` is shorter than a second.
#[must_use]
pub fn slot_start(time: SystemTime, slot: Duration) -> SystemTime {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => UNIX_EPOCH + Duration::from_secs(since.as_secs() / slot.as_secs() * slot.as_secs()),
        // Times before 1970 cannot occur.
        Err(_) => UNIX_EPOCH,
    }
}
