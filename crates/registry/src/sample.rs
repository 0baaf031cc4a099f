//! One value with its tags. A sample is finite by construction, so nothing behind it has to wonder.

use std::collections::BTreeSet;

use crate::{Evidence, EvidenceItem, LinkError, Tag, TagError, link::check_link};

/// A finite value and the tags that tell it from the metric's other values.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    value: f64,
    tags: BTreeSet<Tag>,
    link: Option<String>,
    // Most samples have none, and a run may have a hundred thousand samples.
    evidence: Option<Box<Evidence>>,
}

/// The evidence of a sample without any.
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
    /// The link leads to no page.
    #[error(transparent)]
    Link(#[from] LinkError),
}

impl Sample {
    /// Takes a finite value; refuses NaN and infinities.
    pub fn new(value: f64) -> Result<Self, SampleError> {
        if value.is_finite() {
            Ok(Self { value, tags: BTreeSet::new(), link: None, evidence: None })
        } else {
            Err(SampleError::NotFinite(value))
        }
    }

    /// Adds the tag `name:value`. See [`Tag::new`] for what is made of the value. A tag named `env`,
    /// `service`, `version` or `source` replaces the report's and the metric's of that name.
    pub fn with_tag(mut self, name: &str, value: &str) -> Result<Self, SampleError> {
        self.tags.insert(Tag::new(name, value)?);
        Ok(self)
    }

    /// Names the page where a reader sees what is behind the value, such as a list of commits: an address
    /// with `http` or `https`, without whitespace and control characters, of at most 2000 characters. It is
    /// shown with the run and not delivered.
    pub fn with_link(mut self, url: impl Into<String>) -> Result<Self, SampleError> {
        let url = url.into();
        check_link(&url)?;
        self.link = Some(url);
        Ok(self)
    }

    /// Attaches the items behind the value: each with a title, whether it counted, and why. It is shown with
    /// the run and not delivered. See [`Evidence`].
    #[must_use]
    pub fn with_evidence(mut self, items: impl IntoIterator<Item = EvidenceItem>) -> Self {
        self.evidence = Some(Box::new(items.into_iter().collect()));
        self
    }

    /// The value.
    #[must_use]
    pub const fn value(&self) -> f64 {
        self.value
    }

    /// The sample's own tags, without those of the metric and the report.
    #[must_use]
    pub const fn tags(&self) -> &BTreeSet<Tag> {
        &self.tags
    }

    /// The page where a reader sees what is behind the value.
    #[must_use]
    pub fn link(&self) -> Option<&str> {
        self.link.as_deref()
    }

    /// The items behind the value; empty where the collector attached none.
    #[must_use]
    pub fn evidence(&self) -> &Evidence {
        self.evidence.as_deref().unwrap_or(&NO_EVIDENCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_kept_or_refused() {
        let link = "https://github.com/acme/app/commits/main";
        let sample = Sample::new(3.0).unwrap();

        assert_eq!(sample.link(), None);
        assert_eq!(sample.clone().with_link(link).unwrap().link(), Some(link));
        assert_eq!(sample.with_link("commits/main"), Err(SampleError::Link(LinkError::Start)));
    }
}
