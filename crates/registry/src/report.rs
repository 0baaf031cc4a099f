//! A run with the tags that say where it happened: what is printed and what sinks deliver.

use std::{collections::BTreeSet, time::SystemTime};

use crate::{Metric, Outcome, Run, Sample, State, Tag};

/// A run and the tags that all its samples get.
#[derive(Debug, Clone)]
pub struct Report {
    run: Run,
    tags: BTreeSet<Tag>,
}

/// One sample in the form in which it is delivered, with its metric and all its tags.
#[derive(Debug, Clone)]
pub struct Series<'a> {
    /// The metric.
    pub metric: &'a Metric,
    /// The value; always finite.
    pub value: f64,
    /// The tags of the report, the metric and the sample, each once, sorted.
    pub tags: BTreeSet<Tag>,
}

impl Report {
    /// Adds tags to a run.
    #[must_use]
    pub fn new(run: Run, tags: impl IntoIterator<Item = Tag>) -> Self {
        Self { run, tags: tags.into_iter().collect() }
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

    /// The one time that all series of the report carry: when the run started.
    #[must_use]
    pub fn timestamp(&self) -> SystemTime {
        self.run.started_at()
    }

    /// What sinks deliver: the samples of the metrics that have a value, in the order of their keys.
    pub fn series(&self) -> impl Iterator<Item = Series<'_>> {
        self.run.outcomes().iter().flat_map(|outcome| {
            let samples: &[Sample] = match &outcome.state {
                State::Value(samples) => samples,
                State::NoData(_) | State::Error(_) => &[],
            };
            samples.iter().map(|sample| Series {
                metric: &outcome.metric,
                value: sample.value(),
                tags: self.tags_of(outcome, sample),
            })
        })
    }

    fn tags_of(&self, outcome: &Outcome, sample: &Sample) -> BTreeSet<Tag> {
        // The catalog refuses metrics whose tags do not parse.
        let metric_tags = outcome.metric.tags().iter().filter_map(|tag| Tag::parse(tag).ok());
        self.tags.iter().cloned().chain(metric_tags).chain(sample.tags().iter().cloned()).collect()
    }
}
