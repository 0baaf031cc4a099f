//! Who is told about a missed goal is written as Datadog's handles: `@slack-platform`.
//! See <https://docs.datadoghq.com/monitors/notify/#notifications>.

/// Why handles were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HandleError {
    /// There are none.
    #[error("nobody is named to be told; write one or more handles such as \"@slack-platform @oncall\"")]
    Nobody,
    /// One is not written as a handle.
    #[error(
        "`{0}` is not a handle; it starts with `@`, goes on with ASCII letters, digits and signs, and a space \
         divides it from the next, as in \"@slack-platform @oncall\""
    )]
    Handle(String),
}

/// Reads one or more handles with spaces between them.
pub fn parse_handles(text: &str) -> Result<Vec<&str>, HandleError> {
    let handles: Vec<&str> = text.split(' ').filter(|handle| !handle.is_empty()).collect();
    if handles.is_empty() {
        return Err(HandleError::Nobody);
    }
    handles.iter().try_for_each(|handle| check_handle(handle))?;
    Ok(handles)
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
    fn handles_are_divided_by_spaces() {
        assert_eq!(parse_handles("@slack-platform"), Ok(vec!["@slack-platform"]));
        assert_eq!(parse_handles(" @ada@example.com   @oncall "), Ok(vec!["@ada@example.com", "@oncall"]));
    }

    #[test]
    fn refuses_what_is_no_handle() {
        for handle in ["slack-platform", "@", "@a\tb", "@a\nb", "@équipe"] {
            assert_eq!(parse_handles(handle), Err(HandleError::Handle(handle.to_owned())));
        }
        assert_eq!(parse_handles("@a, b"), Err(HandleError::Handle("b".to_owned())));
        for nobody in ["", "  "] {
            assert_eq!(parse_handles(nobody), Err(HandleError::Nobody));
        }
        assert!(check_handle("@a @b").is_err());
    }
}
