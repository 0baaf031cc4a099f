//! One value with its tags. A sample is finite by construction, so nothing behind it has to wonder.

use std::collections::BTreeSet;

use crate::{Tag, TagError};

/// A finite value and the tags that tell it from the metric's other values.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    value: f64,
    tags: BTreeSet<Tag>,
}

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
}

impl Sample {
    /// Takes a finite value; refuses NaN and infinities.
    pub fn new(value: f64) -> Result<Self, SampleError> {
        if value.is_finite() {
            Ok(Self { value, tags: BTreeSet::new() })
        } else {
            Err(SampleError::NotFinite(value))
        }
    }

    /// Adds the tag `name:value`. See [`Tag::new`] for what is made of the value.
    pub fn with_tag(mut self, name: &str, value: &str) -> Result<Self, SampleError> {
        self.tags.insert(Tag::new(name, value)?);
        Ok(self)
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
}
