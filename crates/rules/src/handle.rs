//! Handles name who is notified of a missed goal, as in Datadog: `@slack-platform`.
//! See <https://docs.datadoghq.com/monitors/notify/#notifications>.

/// Why handles were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HandleError {
    /// There are no handles.
    #[error("there is no handle; write one or more, such as \"@slack-platform @oncall\"")]
    Empty,
    /// A text is not a handle.
    #[error(
        "`{0}` is not a handle; a handle is `@` followed by ASCII letters, digits and punctuation, and handles are \
         separated by spaces, as in \"@slack-platform @oncall\""
    )]
    Handle(String),
}

/// Parses one or more handles that are separated by spaces.
pub fn parse_handles(text: &str) -> Result<Vec<&str>, HandleError> {
    let handles: Vec<&str> = text.split(' ').filter(|handle| !handle.is_empty()).collect();
    if handles.is_empty() {
        return Err(HandleError::Empty);
    }
    check_handles(&handles)?;
    Ok(handles)
}

/// Accepts a list of handles.
pub(crate) fn check_handles(handles: &[impl AsRef<str>]) -> Result<(), HandleError> {
    handles.iter().try_for_each(|handle| check_handle(handle.as_ref()))
}

/// Accepts a handle: `@` and one or more visible ASCII characters.
pub fn check_handle(handle: &str) -> Result<(), HandleError> {
    match handle.strip_prefix('@') {
        Some(name) if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(()),
        _ => Err(HandleError::Handle(handle.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_separated_by_spaces() {
        assert_eq!(parse_handles("@slack-platform"), Ok(vec!["@slack-platform"]));
        assert_eq!(parse_handles(" @ada@example.com   @oncall "), Ok(vec!["@ada@example.com", "@oncall"]));
    }

    #[test]
    fn text_that_is_not_a_handle_is_refused() {
        for handle in ["slack-platform", "@", "@a\tb", "@a\nb", "@équipe"] {
            assert_eq!(parse_handles(handle), Err(HandleError::Handle(handle.to_owned())));
        }
        assert_eq!(parse_handles("@a, b"), Err(HandleError::Handle("b".to_owned())));
        for empty in ["", "  "] {
            assert_eq!(parse_handles(empty), Err(HandleError::Empty));
        }
        assert!(check_handle("@a @b").is_err());
    }
}
