//! The ids of commits in messages.

/// The length of a commit's id in messages.
const SHORT_ID: usize = 10;

/// The beginning of a commit's id, which is enough to find it.
pub(crate) fn short_id(id: &str) -> &str {
    id.get(..SHORT_ID).unwrap_or(id)
}
