//! Limits of what one trace keeps, so that a run over thousands of repositories needs little memory.

/// Maximum length of a resource, in bytes. Datadog cuts at 5,000.
pub(super) const MAX_RESOURCE_BYTES: usize = 500;
/// Maximum length of a tag's value or of a logged message, in bytes.
pub(super) const MAX_TEXT_BYTES: usize = 1000;
/// Maximum length of an error with its causes, in bytes.
pub(super) const MAX_ERROR_BYTES: usize = 4000;
/// Maximum length of a text that is set after [`MAX_TRACE_BYTES`] have been reached, in bytes.
pub(super) const MAX_LATE_TEXT_BYTES: usize = 100;
/// Maximum number of messages of a span.
pub(super) const MAX_LOGS: usize = 32;
/// What a message needs in addition to its text, in memory and in a request, in bytes.
pub(super) const LOG_OVERHEAD_BYTES: usize = 100;
/// Length of all texts of a trace, with the overhead of messages, in bytes. When it is reached, no further spans and messages are
/// kept. An Agent accepts 25 MB.
pub(super) const MAX_TRACE_BYTES: usize = 8 << 20;
/// Maximum number of names in the list of dropped spans.
pub(super) const MAX_DROPPED_NAMES: usize = 20;

/// The text, cut to a maximum length in bytes.
pub(super) fn cut(text: &str, max_bytes: usize) -> &str {
    &text[..text.floor_char_boundary(max_bytes)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(cut("short", 10), "short");
        assert_eq!(cut("naïve", 3), "na");
    }
}
