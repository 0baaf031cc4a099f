//! The ids of commits in messages.

/// The number of characters of a commit's id in messages.
const SHORT_ID_LENGTH: usize = 10;

/// The beginning of a commit's id, which is enough to find the commit.
pub(crate) fn short_id(id: &str) -> &str {
    id.get(..SHORT_ID_LENGTH).unwrap_or(id)
}
