//! One failed item of many. A collector that reads a hundred queues should not fail because one of them fails, but the
//! failure must be visible.

use std::{collections::BTreeSet, error::Error, fmt};

use crate::{SharedError, Tag, TagError};

/// Why one item has no sample, with the tags that the sample would have.
///
/// The operator `?` converts any error into an `ItemError`.
///
/// ```
/// use system_health_registry::{ItemError, Sample, system_health_metric};
///
/// # async fn length(queue: &str) -> std::io::Result<f64> { Ok(3.0) }
/// /// Messages in each queue.
/// #[system_health_metric(key = "queue.each", unit = "message")]
/// async fn waiting() -> Vec<Result<Sample, ItemError>> {
///     let mut samples = Vec::new();
///     for queue in ["mail", "print"] {
///         samples.push(sample(queue).await.map_err(|error| error.with_tag("queue", queue)));
///     }
///     samples
/// }
///
/// async fn sample(queue: &str) -> Result<Sample, ItemError> {
///     Ok(Sample::new(length(queue).await?)?.with_tag("queue", queue)?)
/// }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// # assert_eq!(waiting().await.len(), 2);
/// # });
/// ```
#[derive(Debug, Clone)]
pub struct ItemError {
    tags: BTreeSet<Tag>,
    error: SharedError,
}

/// Items failed and no other item has a value, so the metric failed.
#[derive(Debug)]
pub(crate) struct AllFailed(Vec<ItemError>);

impl ItemError {
    /// An item that failed with an error.
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { tags: BTreeSet::new(), error: SharedError::new(error) }
    }

    /// Adds a tag that distinguishes the item from others, like [`Sample::with_tag`](crate::Sample::with_tag). If the tag
    /// cannot be used, the error says so in addition.
    #[must_use]
    pub fn with_tag(mut self, name: &str, value: &str) -> Self {
        match Tag::new(name, value) {
            Ok(tag) => {
                self.tags.insert(tag);
                self
            }
            Err(error) => {
                Self { tags: self.tags, error: SharedError::new(UnusableTag { error, item: self.error }) }
            }
        }
    }

    /// The item's tags.
    #[must_use]
    pub const fn tags(&self) -> &BTreeSet<Tag> {
        &self.tags
    }

    /// The error.
    #[must_use]
    pub const fn error(&self) -> &SharedError {
        &self.error
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{item} (a tag of this item cannot be used: {error})")]
struct UnusableTag {
    error: TagError,
    item: SharedError,
}

impl AllFailed {
    /// The error of a metric that has no value because these items failed. `None` if there are no items.
    pub(crate) fn new(items: Vec<ItemError>) -> Option<Self> {
        (!items.is_empty()).then_some(Self(items))
    }

    /// The items.
    pub(crate) fn items(&self) -> &[ItemError] {
        &self.0
    }
}

impl Error for AllFailed {}

impl fmt::Display for AllFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0[..] {
            [] => Ok(()),
            [only] => only.fmt(f),
            [first, ..] => {
                let failed = self.0.len();
                write!(f, "{failed} items failed, and no other item has a value; the first failure: {first}")
            }
        }
    }
}

// `ItemError` does not implement `Error`, because this conversion would then conflict with `From<T> for T`.
impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for ItemError {
    fn from(error: E) -> Self {
        Self::new(error)
    }
}

/// The tags and the error with all its causes: `queue:mail: connection refused`.
impl fmt::Display for ItemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.tags.is_empty() {
            let tags: Vec<_> = self.tags.iter().map(Tag::as_str).collect();
            write!(f, "{}: ", tags.join(" "))?;
        }
        self.error.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_displayed_with_its_tags_and_its_error() {
        let refused = || ItemError::new("connection refused");

        assert_eq!(refused().to_string(), "connection refused");
        assert_eq!(
            refused().with_tag("queue", "Mail").with_tag("host", "a").to_string(),
            "host:a queue:mail: connection refused"
        );
        let unusable = refused().with_tag("!", "mail").to_string();
        assert!(unusable.starts_with("connection refused (a tag of this item cannot be used:"), "{unusable}");
    }
}
