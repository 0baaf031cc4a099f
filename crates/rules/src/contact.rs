//! The owner and the runbook of a metric. An alert shows both to the person that it wakes up.

/// Why an owner or a runbook was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContactError {
    /// The owner is blank.
    #[error("an owner must not be empty; write an owner such as \"team-platform\", or remove the option")]
    Owner,
    /// The runbook is not a URL.
    #[error("a runbook must be a URL such as \"https://wiki.example.com/hotfix\"")]
    Runbook,
}

/// Accepts an owner that is not blank.
pub fn check_owner(owner: &str) -> Result<(), ContactError> {
    if owner.trim().is_empty() { Err(ContactError::Owner) } else { Ok(()) }
}

/// Accepts an `https://` URL without whitespace.
pub fn check_runbook(runbook: &str) -> Result<(), ContactError> {
    let is_url = runbook.strip_prefix("https://").is_some_and(|rest| !rest.is_empty());
    if is_url && !runbook.contains(char::is_whitespace) { Ok(()) } else { Err(ContactError::Runbook) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_names_and_runbooks_are_urls() {
        assert_eq!(check_owner("team-platform"), Ok(()));
        assert_eq!(check_owner(" \t"), Err(ContactError::Owner));
        assert_eq!(check_runbook("https://wiki.example.com/hotfix"), Ok(()));
        for runbook in ["", "https://", "wiki/hotfix", "http://wiki.example.com", "https://a b"] {
            assert_eq!(check_runbook(runbook), Err(ContactError::Runbook), "{runbook}");
        }
    }
}
