//! The fields that several kinds of lines have.

use std::collections::BTreeSet;

use super::line_error::LineError;

/// The tags of `env:prod,team:web`.
pub(super) fn tags(text: &str) -> BTreeSet<String> {
    text.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
}

/// A time in seconds since 1970, which is not before it.
pub(super) fn timestamp(text: &str) -> Result<i64, LineError> {
    let seconds = text.parse().ok().filter(|seconds| *seconds > 0);
    seconds.ok_or_else(|| LineError::Timestamp(text.to_owned()))
}
