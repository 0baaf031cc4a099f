//! The destinations of the points of a run.

/// A destination whose outbox gets the points of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The name of the destination.
    pub destination: String,
    /// The names of the kinds, such as `count`, of which the destination gets only one point for each series and time,
    /// because it would add up several.
    pub once: Vec<&'static str>,
}

impl From<&str> for Recipient {
    fn from(destination: &str) -> Self {
        Self { destination: destination.to_owned(), once: Vec::new() }
    }
}
