//! One value with its tags. A sample is finite by construction, so later steps do not need to check it.

use std::{collections::BTreeSet, time::SystemTime};

use crate::{
    Distribution, Evidence, EvidenceItem, Goal, LinkError, SampleValue, Tag, TagError, Value,
    link::check_link,
};

/// A finite value and the tags that distinguish it from the metric's other values.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    value: Value,
    since: Option<SystemTime>,
    tags: BTreeSet<Tag>,
    link: Option<String>,
    // Boxed, because most samples have no evidence and a run may have a hundred thousand samples.
    evidence: Option<Box<Evidence>>,
}

/// The empty evidence, for samples without any.
static NO_EVIDENCE: Evidence = Evidence::none();

/// Why a sample was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SampleError {
    /// The value is NaN or infinite.
    #[error("a value must be a finite number, this one is {0}")]
    NotFinite(f64),
    /// A tag cannot be used.
    #[error(transparent)]
    Tag(#[from] TagError),
    /// The link is not the URL of a page.
    #[error(transparent)]
    Link(#[from] LinkError),
}

impl Sample {
    /// A sample with a value and no tags. Fails if the value is NaN or infinite.
    pub fn new(value: impl SampleValue) -> Result<Self, SampleError> {
        let value = value.into_f64();
        if !value.is_finite() {
            return Err(SampleError::NotFinite(value));
        }
        Ok(Self::from_value(value.into()))
    }

    /// A sample with a value that was checked. There is no `From<Value>`, because a `Value` may be NaN or infinite.
    fn from_value(value: Value) -> Self {
        Self { value, since: None, tags: BTreeSet::new(), link: None, evidence: None }
    }

    /// Adds the tag `name:value`. See [`Tag::new`] for how the value is changed. A tag named `env`, `service`,
    /// `version` or `source` replaces tags of that name from the report, the metric and the subject.
    pub fn with_tag(mut self, name: &str, value: &str) -> Result<Self, SampleError> {
        self.tags.insert(Tag::new(name, value)?);
        Ok(self)
    }

    /// Sets the start of the time that the value covers.
    ///
    /// - A counter was zero at this time, for example because its process started. Without a start, a restart is recognized
    ///   only if the total is smaller than before.
    /// - A count, a rate or a distribution covers the time from this start to the run. Without a start, a count or a rate
    ///   covers the metric's interval.
    /// - A gauge has no start, so a gauge with one is an error.
    #[must_use]
    pub fn with_start(mut self, start: SystemTime) -> Self {
        self.since = Some(start);
        self
    }

    /// Adds the page that explains the value, such as a list of commits: a URL with `http` or `https`, without a
    /// user name, whitespace or control characters, of at most 2000 characters. The link is shown with the run, but not
    /// delivered.
    pub fn with_link(mut self, url: impl Into<String>) -> Result<Self, SampleError> {
        let url = url.into();
        check_link(&url)?;
        self.link = Some(url);
        Ok(self)
    }

    /// Attaches the items that the value is based on: each with a title, whether it counted, and why. They are shown with
    /// the run, but not delivered. See [`Evidence`].
    #[must_use]
    pub fn with_evidence(mut self, items: impl IntoIterator<Item = EvidenceItem>) -> Self {
        self.evidence = Some(Box::new(items.into_iter().collect()));
        self
    }

    /// Drops the evidence. This saves memory if only the values of many samples are kept.
    pub(crate) fn without_evidence(self) -> Self {
        Self { evidence: None, ..self }
    }

    /// The value.
    #[must_use]
    pub const fn value(&self) -> &Value {
        &self.value
    }

    /// Whether the value meets a goal. A distribution meets every goal, because metrics of that kind have none.
    #[must_use]
    pub fn meets(&self, goal: Goal) -> bool {
        self.value.number().is_none_or(|number| goal.is_met_by(number))
    }

    /// The start of the time that the value covers, if the collector has set it with [`with_start`](Self::with_start).
    #[must_use]
    pub const fn start(&self) -> Option<SystemTime> {
        self.since
    }

    /// The sample's own tags, without those of the report, the metric and the subject.
    #[must_use]
    pub const fn tags(&self) -> &BTreeSet<Tag> {
        &self.tags
    }

    /// The page that explains the value, if there is one.
    #[must_use]
    pub fn link(&self) -> Option<&str> {
        self.link.as_deref()
    }

    /// The items that the value is based on; empty if the collector attached none.
    #[must_use]
    pub fn evidence(&self) -> &Evidence {
        self.evidence.as_deref().unwrap_or(&NO_EVIDENCE)
    }
}

impl From<Distribution> for Sample {
    fn from(distribution: Distribution) -> Self {
        Self::from_value(distribution.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_urls_of_pages_are_links() {
        let link = "https://github.com/acme/app/commits/main";
        let sample = Sample::new(3.0).unwrap();

        assert_eq!(sample.link(), None);
        assert_eq!(sample.clone().with_link(link).unwrap().link(), Some(link));
        assert_eq!(sample.with_link("commits/main"), Err(SampleError::Link(LinkError::Start)));
    }
}
