//! The destinations of the points of a run.

/// A destination whose outbox gets the points of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The name of the destination.
    pub destination: String,
    /// The kinds, such as `count`, whose repeated points the destination would add up. Of these kinds, it gets only one
    /// point for each series and time.
    pub once: Vec<&'static str>,
}

impl From<&str> for Recipient {
    fn from(destination: &str) -> Self {
        Self { destination: destination.to_owned(), once: Vec::new() }
    }
}
