//! Parses the fields that several kinds of lines have.

use std::collections::BTreeSet;

use super::line_error::LineError;

/// Parses tags that are separated by commas, such as `env:prod,team:web`.
pub(super) fn tags(text: &str) -> BTreeSet<String> {
    text.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
}

/// Parses a number of seconds since 1970, which must be greater than 0.
pub(super) fn timestamp(text: &str) -> Result<i64, LineError> {
    let seconds = text.parse().ok().filter(|seconds| *seconds > 0);
    seconds.ok_or_else(|| LineError::Timestamp(text.to_owned()))
}
